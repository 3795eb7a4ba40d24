using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Turnpike.LoadTest.Turn;

namespace Turnpike.LoadTest.Probe;

/// <summary>What the API answered: the credential, and the servers that it named for UDP.</summary>
internal sealed record IssuedCredential(TurnCredential Credential, IReadOnlyList<IPEndPoint> Servers)
{
    private const string Scheme = "turn:";
    private const int DefaultPort = 3478;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    /// <summary>Asks until the answer names a server over UDP: edges that have just started are not known at once.</summary>
    /// <exception cref="TurnRefusedException">The API refuses, or names none in time.</exception>
    public static async Task<IssuedCredential> AskAsync(ProbeOptions options, TimeProvider time, CancellationToken stop)
    {
        using HttpClient client = Client(options);
        long begun = time.GetTimestamp();
        while (true)
        {
            (IssuedCredential? issued, string why, bool isFinal) = await TryAskAsync(client, options.User, stop);
            if (issued is not null)
            {
                return issued;
            }

            if (isFinal || time.GetElapsedTime(begun) > options.Patience)
            {
                throw new TurnRefusedException($"{options.Api}v1/credentials:issue: {why}");
            }

            await Task.Delay(Pause, time, stop);
        }
    }

    /// <summary>Reads an answer of the API; null where it names no server over UDP.</summary>
    public static IssuedCredential? Read(string answer)
    {
        using var document = JsonDocument.Parse(answer);
        List<IPEndPoint> servers = [];
        TurnCredential? credential = null;
        foreach (JsonElement server in document.RootElement.GetProperty("iceServers").EnumerateArray())
        {
            if (!server.TryGetProperty("username", out JsonElement user))
            {
                continue; // STUN alone
            }

            credential = new TurnCredential(user.GetString()!, server.GetProperty("credential").GetString()!);
            servers.AddRange(server.GetProperty("urls").EnumerateArray().Select(url => ServerOf(url.GetString()!)).OfType<IPEndPoint>());
        }

        return credential is null || servers.Count == 0 ? null : new IssuedCredential(credential, servers);
    }

    // RFC 7065: turn:HOST[:PORT][?transport=udp]
    private static IPEndPoint? ServerOf(string url)
    {
        if (!url.StartsWith(Scheme, StringComparison.Ordinal) || url.Contains("transport=tcp", StringComparison.Ordinal))
        {
            return null;
        }

        string authority = url[Scheme.Length..].Split('?')[0];
        int colon = authority.LastIndexOf(':');
        bool hasPort = colon > authority.LastIndexOf(']');
        string host = hasPort ? authority[..colon] : authority;
        int port = hasPort ? int.Parse(authority[(colon + 1)..], CultureInfo.InvariantCulture) : DefaultPort;
        return new IPEndPoint(IPAddress.TryParse(host.Trim('[', ']'), out IPAddress? address) ? address : Dns.GetHostAddresses(host)[0], port);
    }

    private static async Task<(IssuedCredential? Issued, string Why, bool IsFinal)> TryAskAsync(HttpClient client, string user, CancellationToken stop)
    {
        try
        {
            using StringContent question = new(JsonSerializer.Serialize(new Dictionary<string, string> { ["user"] = user }), Encoding.UTF8, "application/json");
            using HttpResponseMessage response = await client.PostAsync(new Uri("v1/credentials:issue", UriKind.Relative), question, stop);
            string answer = await response.Content.ReadAsStringAsync(stop);
            if (!response.IsSuccessStatusCode)
            {
                bool mayChange = response.StatusCode is HttpStatusCode.ServiceUnavailable or HttpStatusCode.PreconditionFailed or HttpStatusCode.BadRequest
                    or HttpStatusCode.NotFound;
                return (null, $"{(int)response.StatusCode} {answer}", !mayChange);
            }

            return (Read(answer), "no edge that serves UDP is ready", false);
        }
        catch (HttpRequestException problem)
        {
            return (null, problem.InnerException?.Message ?? problem.Message, false);
        }
    }

    private static HttpClient Client(ProbeOptions options)
    {
        SocketsHttpHandler handler = new() { ConnectTimeout = TimeSpan.FromSeconds(5) };
        if (options.TrustedIssuers is not null)
        {
            handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
            };
            handler.SslOptions.CertificateChainPolicy.CustomTrustStore.AddRange(options.TrustedIssuers);
        }

        HttpClient client = new(handler) { BaseAddress = options.Api, Timeout = TimeSpan.FromSeconds(10) };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", options.Token);
        return client;
    }
}
