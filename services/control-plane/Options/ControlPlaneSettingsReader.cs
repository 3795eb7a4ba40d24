using System.Net;
using Turnpike.Cluster;
using Turnpike.ControlPlane.Authorization;
using Turnpike.ControlPlane.Realms;
using Turnpike.ControlPlane.Scaling;
using Turnpike.Protocol;
using Turnpike.Scaling;
using Turnpike.ServiceDefaults.Settings;
using Turnpike.ServiceDefaults.Telemetry;
using Turnpike.ServiceDefaults.Tls;

namespace Turnpike.ControlPlane.Options;

/// <summary>Turns the bound options into <see cref="ControlPlaneSettings"/> and collects every problem on the way.</summary>
public static class ControlPlaneSettingsReader
{
    private delegate string? Parser(string text, out AccessEntry? entry);

    /// <summary>The settings, or null when <see cref="SettingsReading.Problems"/> has lines.</summary>
    public static ControlPlaneSettings? Read(SettingsReading reading)
    {
        ControlPlaneOptions options = reading.Get<ControlPlaneOptions>();
        ClusterOptions cluster = reading.Get<ClusterOptions>();
        if (!ResourceName.IsRealmId(options.DefaultRealm))
        {
            reading.AddProblem<ControlPlaneOptions>(nameof(ControlPlaneOptions.DefaultRealm), options.DefaultRealm);
        }
        CheckCluster(reading, cluster);
        TlsFiles tls = ReadTls(reading, options.Tls);
        CheckJwt(reading, options.Jwt);
        List<AddressRange> webhookRanges = CheckWebhooks(reading, options.Webhooks);
        ScalingPolicy scaling = ScalingPolicyReader.Read(reading, options.Scaling);
        var access = new AccessList(
            ReadEntries(reading, nameof(ControlPlaneOptions.Tokens), options.Tokens,
                (string text, out AccessEntry? entry) => AccessEntry.Parse(text, CallerKind.Token, out entry)),
            ReadEntries(reading, nameof(ControlPlaneOptions.ClientCertificates), options.ClientCertificates,
                (string text, out AccessEntry? entry) => AccessEntry.Parse(text, CallerKind.Certificate, out entry)),
            ReadEntries(reading, nameof(ControlPlaneOptions.BrowserKeys), options.BrowserKeys, AccessEntry.ParseBrowserKey));
        List<IPNetwork> proxies = ReadProxies(reading, options.TrustedProxies);
        IPEndPoint grpc = ReadUrl(reading, nameof(ControlPlaneOptions.Grpc), options.Grpc, options.Tls);
        IPEndPoint http = ReadUrl(reading, nameof(ControlPlaneOptions.Http), options.Http, options.Tls);
        if (grpc.Port != 0 && grpc.Equals(http))
        {
            reading.AddProblem<ControlPlaneOptions>(nameof(ControlPlaneOptions.Http), options.Http, "the same as ControlPlane:Grpc");
        }
        if (access.HasCertificates && options.Tls.Certificate.Length == 0)
        {
            reading.AddProblem<ControlPlaneOptions>(nameof(ControlPlaneOptions.ClientCertificates), null, "of no use without ControlPlane:Tls");
        }
        if (access.IsEmpty && options.Jwt.Issuer.Length == 0 && reading.Problems.Count == 0)
        {
            reading.AddProblem("ControlPlane:Tokens, ControlPlane:Jwt, ControlPlane:ClientCertificates: nobody could call; set "
                + "ControlPlane__Tokens__0=admin:operator:SHA256 with the SHA-256 of a token of your own (printf %s TOKEN | sha256sum)");
        }
        TelemetrySettings telemetry = TelemetryReader.Read(reading);
        KubernetesSettings? kubernetes = KubernetesSettings.Read(reading, options.Kubernetes);
        return reading.Problems.Count > 0 ? null : new ControlPlaneSettings
        {
            Grpc = grpc,
            Http = http,
            DefaultRealm = options.DefaultRealm,
            Access = access,
            Scaling = scaling,
            TrustedProxies = proxies,
            Tls = tls,
            WebhookRanges = webhookRanges,
            Options = options,
            Cluster = cluster,
            Kubernetes = kubernetes,
            Telemetry = telemetry,
            Warnings = reading.Warnings,
        };
    }

    private static void CheckCluster(SettingsReading reading, ClusterOptions cluster)
    {
        string? why = cluster.Redis.Length == 0 ? "missing: everything that the control plane knows is in the store" : ClusterStore.Problem(cluster.Redis);
        if (why is not null)
        {
            reading.AddProblem<ClusterOptions>(nameof(ClusterOptions.Redis), null, why);
        }
        if (ClusterStore.IssuerProblem(cluster.TrustedIssuer) is string unread)
        {
            reading.AddProblem<ClusterOptions>(nameof(ClusterOptions.TrustedIssuer), cluster.TrustedIssuer, unread);
        }
    }

    private static TlsFiles ReadTls(SettingsReading reading, TlsOptions tls)
    {
        TlsFiles files = new(
            tls.Certificate,
            ControlPlaneSettings.Catalog.Of<TlsOptions>(nameof(TlsOptions.Certificate)),
            tls.Key,
            ControlPlaneSettings.Catalog.Of<TlsOptions>(nameof(TlsOptions.Key)));
        if (tls.Certificate.Length > 0 && tls.Key.Length == 0)
        {
            reading.AddProblem<TlsOptions>(nameof(TlsOptions.Key), null, "missing beside ControlPlane:Tls:Certificate");
        }
        else if (tls.Key.Length > 0 && tls.Certificate.Length == 0)
        {
            reading.AddProblem<TlsOptions>(nameof(TlsOptions.Certificate), null, "missing beside ControlPlane:Tls:Key");
        }
        else if (files.Problem() is string problem)
        {
            reading.AddProblem(problem);
        }
        return files;
    }

    private static void CheckJwt(SettingsReading reading, JwtOptions jwt)
    {
        if (jwt.Issuer.Length == 0)
        {
            return;
        }
        if (!Uri.TryCreate(jwt.Issuer, UriKind.Absolute, out Uri? issuer) || !(issuer.Scheme == "https" || (issuer.Scheme == "http" && issuer.IsLoopback)))
        {
            reading.AddProblem<JwtOptions>(nameof(JwtOptions.Issuer), jwt.Issuer);
        }
        if (jwt.Audience.Length == 0)
        {
            reading.AddProblem<JwtOptions>(nameof(JwtOptions.Audience), null, "missing beside ControlPlane:Jwt:Issuer");
        }
    }

    private static List<AddressRange> CheckWebhooks(SettingsReading reading, WebhookOptions webhooks)
    {
        if (webhooks.Lease <= webhooks.Timeout)
        {
            reading.AddProblem<WebhookOptions>(nameof(WebhookOptions.Lease), $"{webhooks.Lease}", "not more than ControlPlane:Webhooks:Timeout");
        }
        if (webhooks.LongestRetry < webhooks.FirstRetry)
        {
            reading.AddProblem<WebhookOptions>(nameof(WebhookOptions.LongestRetry), $"{webhooks.LongestRetry}", "less than ControlPlane:Webhooks:FirstRetry");
        }
        List<AddressRange> ranges = [];
        for (int i = 0; i < webhooks.AllowPrivate.Length; i++)
        {
            if (AddressRange.TryParse(webhooks.AllowPrivate[i], out AddressRange range))
            {
                ranges.Add(range);
            }
            else
            {
                reading.AddProblem<WebhookOptions>(nameof(WebhookOptions.AllowPrivate), webhooks.AllowPrivate[i], null, i);
            }
        }
        return ranges;
    }

    private static List<AccessEntry> ReadEntries(SettingsReading reading, string setting, string[] texts, Parser parse)
    {
        List<AccessEntry> entries = [];
        for (int i = 0; i < texts.Length; i++)
        {
            string? why = parse(texts[i], out AccessEntry? entry);
            if (entry is not null && entries.Any(other => other.Caller.Name == entry.Caller.Name && other.Hash.AsSpan().SequenceEqual(entry.Hash)))
            {
                why = "listed twice";
            }
            if (why is not null)
            {
                reading.AddProblem<ControlPlaneOptions>(setting, null, why, i);
            }
            else
            {
                entries.Add(entry!);
            }
        }
        return entries;
    }

    private static List<IPNetwork> ReadProxies(SettingsReading reading, string[] texts)
    {
        List<IPNetwork> networks = [];
        for (int i = 0; i < texts.Length; i++)
        {
            if (IPNetwork.TryParse(texts[i], out IPNetwork network))
            {
                networks.Add(network);
            }
            else if (IPAddress.TryParse(texts[i], out IPAddress? address))
            {
                networks.Add(new IPNetwork(address, address.GetAddressBytes().Length * 8));
            }
            else
            {
                reading.AddProblem<ControlPlaneOptions>(nameof(ControlPlaneOptions.TrustedProxies), texts[i], null, i);
            }
        }
        return networks;
    }

    private static IPEndPoint ReadUrl(SettingsReading reading, string setting, string text, TlsOptions tls)
    {
        string scheme = tls.Certificate.Length > 0 ? "https" : "http";
        if (Uri.TryCreate(text, UriKind.Absolute, out Uri? uri)
            && (uri.Scheme == "http" || uri.Scheme == scheme)
            && uri.PathAndQuery == "/"
            && IPAddress.TryParse(uri.Host.Trim('[', ']'), out IPAddress? address))
        {
            return new IPEndPoint(address, uri.Port);
        }
        reading.AddProblem<ControlPlaneOptions>(setting, text);
        return new IPEndPoint(IPAddress.Loopback, 0);
    }
}
