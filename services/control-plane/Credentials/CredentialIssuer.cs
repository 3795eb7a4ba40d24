using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Turnpike.Cluster;
using Turnpike.Contracts.V1;
using Turnpike.ControlPlane.Authorization;
using Turnpike.ControlPlane.Calls;
using Turnpike.ControlPlane.Fleet;
using Turnpike.ControlPlane.Options;
using Turnpike.ControlPlane.Realms;

namespace Turnpike.ControlPlane.Credentials;

/// <summary>Makes credentials, over whichever interface they are asked for.</summary>
internal sealed class CredentialIssuer(
    ControlPlaneSettings settings, RealmCache realms, DefaultRealm defaultRealm, IEdgeDirectory edges, OnceStore once, CredentialMetrics metrics, TimeProvider time)
{
    private const int RandomUserDigits = 16;
    private const int DigestBytes = 32;

    // What stands behind the expiry in usernames, unless edges are set otherwise.
    private const char Separator = ':';
    private static readonly TimeSpan UsualLifetime = TimeSpan.FromHours(1);
    private static readonly TimeSpan KeptFor = TimeSpan.FromMinutes(10);

    /// <summary>Issues one, or gives the earlier answer to a request that came before.</summary>
    /// <exception cref="RpcException">As <c>IssueCredential</c> documents.</exception>
    public Task<IssueCredentialResponse> IssueAsync(IssueCredentialRequest request, Caller caller) =>
        metrics.CountIssuedAsync(IssueOnceAsync(request, caller));

    private async Task<IssueCredentialResponse> IssueOnceAsync(IssueCredentialRequest request, Caller caller)
    {
        CredentialRules.Check(request);
        string realm = ResourceName.RealmOrDefault(request.Realm, settings.DefaultRealm);
        if (request.RequestId.Length == 0)
        {
            return await MakeAsync(request, realm);
        }
        byte[] digest = Digest(request, realm);
        string id = RequestKey(request, realm, caller);
        if (await once.FindAsync(id) is { } before)
        {
            return Again(before, digest, request.RequestId);
        }
        IssueCredentialResponse made = await MakeAsync(request, realm);
        byte[] kept = await once.KeepAsync(id, [.. digest, .. made.ToByteArray()], KeptFor);
        return Again(kept, digest, request.RequestId);
    }

    private async Task<IssueCredentialResponse> MakeAsync(IssueCredentialRequest request, string name)
    {
        RealmRecord realm = await realms.FindAsync(name)
            ?? (name == settings.DefaultRealm ? await defaultRealm.EnsureAsync() : throw Problems.NotFound("realm", ResourceName.OfRealm(name)));
        long now = time.GetUtcNow().ToUnixTimeSeconds();
        if (realm.NewestSecret(now) is null)
        {
            throw Problems.NoSecret(ResourceName.OfRealm(name));
        }
        IReadOnlyList<string> turn = Urls(request);
        TimeSpan ttl = request.Ttl is { } asked ? TimeSpan.FromSeconds(asked.Seconds) : UsualLifetime;
        TimeSpan most = TimeSpan.FromSeconds(RealmLimits.MaxCredentialLifetime(realm));
        string user = request.User.Length > 0 ? request.User : RandomNumberGenerator.GetHexString(RandomUserDigits, lowercase: true);
        (string Username, string Password) credential;
        try
        {
            credential = IssuedCredential.Issue(realm, user, request.Tag, ttl < most ? ttl : most, now, Separator);
        }
        catch (ArgumentException)
        {
            throw Problems.Invalid("user", "together with realm and tag too long for a USERNAME (RFC 8489 section 14.3) once it is encoded: use fewer characters outside ASCII");
        }
        var response = new IssueCredentialResponse
        {
            Realm = name,
            ExpireTime = new Timestamp { Seconds = ExpiryOf(credential.Username) },
        };
        if (IceUrls.Stun(turn) is { Count: > 0 } stun)
        {
            response.IceServers.Add(new IceServer { Urls = { stun } });
        }
        response.IceServers.Add(new IceServer { Urls = { turn }, Username = credential.Username, Credential = credential.Password });
        return response;
    }

    private IReadOnlyList<string> Urls(IssueCredentialRequest request)
    {
        IReadOnlyList<EdgeRecord> current = edges.Current;
        if (current.Count == 0 && !edges.IsFresh)
        {
            throw Problems.Unavailable("STORE_UNAVAILABLE", "Which edges there are is not known yet.", TimeSpan.FromSeconds(1));
        }
        Transport[] transports = request.Transports.Contains(Transport.Unspecified) ? [] : [.. request.Transports];
        return IceUrls.Turn(current, request.Region, transports, request.Ports) is { Count: > 0 } urls
            ? urls
            : throw Problems.Unavailable("NO_EDGE", "No edge that is ready serves what is asked for.", TimeSpan.FromSeconds(5));
    }

    private static long ExpiryOf(string username) =>
        IssuedUsername.TryParse(Encoding.UTF8.GetBytes(username), Separator, out IssuedUsername? issued)
            ? issued.ExpiresAt
            : throw new InvalidOperationException("An issued username cannot be read.");

    private static IssueCredentialResponse Again(byte[] kept, byte[] digest, string requestId) =>
        kept.AsSpan(0, DigestBytes).SequenceEqual(digest)
            ? IssueCredentialResponse.Parser.ParseFrom(kept, DigestBytes, kept.Length - DigestBytes)
            : throw Problems.AlreadyExists("request with other parameters", requestId);

    // What is asked, the id left out and the realm filled in.
    private static byte[] Digest(IssueCredentialRequest request, string realm)
    {
        IssueCredentialRequest question = request.Clone();
        question.RequestId = "";
        question.Realm = realm;
        return SHA256.HashData(question.ToByteArray());
    }

    // Ids of one caller are none of another one's business.
    private static string RequestKey(IssueCredentialRequest request, string realm, Caller caller) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{caller.Kind}\n{caller.Name}\n{realm}\n{request.RequestId}")));
}
