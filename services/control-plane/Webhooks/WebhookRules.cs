using System.Net;
using Google.Protobuf.Collections;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Turnpike.Cluster;
using Turnpike.Contracts.V1;
using Turnpike.ControlPlane.Calls;
using Turnpike.ControlPlane.Credentials;
using Turnpike.ControlPlane.Options;

namespace Turnpike.ControlPlane.Webhooks;

/// <summary>What the fields of a webhook may hold, and which of them a request changes.</summary>
internal sealed class WebhookRules(ControlPlaneSettings settings, ReceiverAddresses addresses)
{
    private const int LongestUrl = 2048;
    private const int MostTags = 50;
    private static readonly TimeSpan LongestOverlap = TimeSpan.FromDays(30);
    private static readonly TimeSpan UsualOverlap = TimeSpan.FromDays(1);

    // The other kinds concern edges, which belong to no realm.
    private static readonly EventKind[] Kinds =
        [EventKind.AllocationStarted, EventKind.AllocationEnded, EventKind.QuotaReached, EventKind.CredentialRevoked];

    /// <summary>Gives a webhook the values that a request has for it.</summary>
    /// <param name="before">As it is.</param>
    /// <param name="source">The values.</param>
    /// <param name="mask">Which of them; absent: those that are set.</param>
    /// <exception cref="RpcException">INVALID_ARGUMENT.</exception>
    public WebhookRecord Apply(WebhookRecord before, Webhook source, FieldMask? mask)
    {
        WebhookRecord after = before;
        foreach (string path in mask is { Paths.Count: > 0 } ? mask.Paths : SetIn(source))
        {
            after = path switch
            {
                "url" => after with { Url = Url(source.Url) },
                "kinds" => after with { Kinds = KindsOf(source.Kinds) },
                "tags" => after with { Tags = TagsOf(source.Tags) },
                "paused" => after with { Paused = source.Paused },
                "*" => after with { Url = Url(source.Url), Kinds = KindsOf(source.Kinds), Tags = TagsOf(source.Tags), Paused = source.Paused },
                _ => throw Problems.Invalid("update_mask", $"{path} names no field that can be changed; allowed: url, kinds, tags, paused"),
            };
        }
        return after;
    }

    /// <summary>How long old secrets go on signing.</summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT.</exception>
    public static TimeSpan Overlap(Duration? overlap) => overlap switch
    {
        null => UsualOverlap,
        { Seconds: >= 0, Nanos: >= 0 } when overlap.Seconds <= LongestOverlap.TotalSeconds => TimeSpan.FromSeconds(overlap.Seconds),
        _ => throw Problems.Invalid("overlap", $"must be 0 s to {LongestOverlap.TotalSeconds} s"),
    };

    private static IEnumerable<string> SetIn(Webhook source)
    {
        (string Path, bool IsSet)[] fields =
        [
            ("url", source.Url.Length > 0), ("kinds", source.Kinds.Count > 0), ("tags", source.Tags.Count > 0), ("paused", source.HasPaused),
        ];
        return fields.Where(field => field.IsSet).Select(field => field.Path);
    }

    private string Url(string text)
    {
        const string Field = "webhook.url";
        if (text.Length is 0 or > LongestUrl)
        {
            throw Problems.Invalid(Field, text.Length == 0 ? "missing" : $"longer than {LongestUrl} characters");
        }
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? url) || url.Scheme is not ("https" or "http") || url.Host.Length == 0 || text.Any(char.IsControl))
        {
            throw Problems.Invalid(Field, "must be https://HOST[:PORT]/PATH");
        }
        if (url.UserInfo.Length > 0 || url.Fragment.Length > 0)
        {
            throw Problems.Invalid(Field, "must have neither user information nor a fragment");
        }
        if (url.Scheme == "http" && !url.IsLoopback && !settings.Options.Webhooks.AllowHttp)
        {
            throw Problems.Invalid(Field, "must be https; ControlPlane:Webhooks:AllowHttp allows http for other addresses than loopback ones");
        }
        // Names are looked up when something is sent to them, each time.
        if (IPAddress.TryParse(url.Host.Trim('[', ']'), out IPAddress? address) && !addresses.Allows(address))
        {
            throw Problems.Invalid(Field, "the address is private or special, and ControlPlane:Webhooks:AllowPrivate does not open it");
        }
        return url.AbsoluteUri;
    }

    private static EventKind[] KindsOf(RepeatedField<Event.Types.Kind> kinds)
    {
        EventKind[] known = [.. kinds.Select(WebhookMapping.ToRecord).Distinct()];
        return known.All(Kinds.Contains)
            ? known
            : throw Problems.Invalid("webhook.kinds", "allowed: KIND_ALLOCATION_STARTED, KIND_ALLOCATION_ENDED, KIND_QUOTA_REACHED, KIND_CREDENTIAL_REVOKED");
    }

    private static string[] TagsOf(RepeatedField<string> tags)
    {
        const string Field = "webhook.tags";
        if (tags.Count > MostTags)
        {
            throw Problems.Invalid(Field, $"more than {MostTags}");
        }
        foreach (string tag in tags)
        {
            CredentialRules.Tag(Field, tag);
        }
        return [.. tags.Distinct(StringComparer.Ordinal)];
    }
}
