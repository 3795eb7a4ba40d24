using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Turnpike.LoadTest.CommandLine;
using Turnpike.LoadTest.Relay;
using Turnpike.LoadTest.Turn;

namespace Turnpike.LoadTest.Probe;

/// <summary>A server that the API named.</summary>
/// <param name="Name">HOST:PORT as the URL has it.</param>
/// <param name="Endpoint">Its transport address.</param>
internal sealed record IssuedServer(string Name, IPEndPoint Endpoint);

/// <summary>What the API answered.</summary>
/// <param name="Credential">The credential.</param>
/// <param name="Servers">The servers that it named for the transport asked for, the best first.</param>
/// <param name="ExpiresAt">When the credential ends; null where the answer does not say.</param>
internal sealed record IssuedCredential(TurnCredential Credential, IReadOnlyList<IssuedServer> Servers, DateTimeOffset? ExpiresAt)
{
    private const int DefaultPort = 3478;
    private const int DefaultSecurePort = 5349;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    /// <summary>Asks until the answer names a server of the transport: edges that have just started are not known at once.</summary>
    /// <exception cref="TurnRefusedException">The API refuses, or names none in time.</exception>
    public static async Task<IssuedCredential> AskAsync(IssuingApi api, ClientTransport transport, TimeProvider time, CancellationToken stop)
    {
        using HttpClient client = Client(api);
        long begun = time.GetTimestamp();
        while (true)
        {
            (IssuedCredential? issued, string why, bool isFinal) = await TryAskAsync(client, api, transport, stop);
            if (issued is not null)
            {
                return issued;
            }

            if (isFinal || time.GetElapsedTime(begun) > api.Patience)
            {
                throw new TurnRefusedException($"{api.Address}v1/credentials:issue: {why}");
            }

            await Task.Delay(Pause, time, stop);
        }
    }

    /// <summary>Reads an answer of the API; null where it names no server of the transport.</summary>
    public static IssuedCredential? Read(string answer, ClientTransport transport = ClientTransport.Udp)
    {
        using var document = JsonDocument.Parse(answer);
        List<IssuedServer> servers = [];
        TurnCredential? credential = null;
        foreach (JsonElement server in document.RootElement.GetProperty("iceServers").EnumerateArray())
        {
            if (!server.TryGetProperty("username", out JsonElement user))
            {
                continue; // STUN alone
            }

            credential = new TurnCredential(user.GetString()!, server.GetProperty("credential").GetString()!);
            servers.AddRange(server.GetProperty("urls").EnumerateArray().Select(url => ServerOf(url.GetString() ?? "", transport)).OfType<IssuedServer>());
        }

        DateTimeOffset? expiresAt = document.RootElement.TryGetProperty("expireTime", out JsonElement end) ? end.GetDateTimeOffset() : null;
        return credential is null || servers.Count == 0 ? null : new IssuedCredential(credential, servers, expiresAt);
    }

    // RFC 7065: turn:HOST[:PORT][?transport=udp|tcp], and turns: for TLS over TCP
    private static IssuedServer? ServerOf(string url, ClientTransport transport)
    {
        string scheme = transport == ClientTransport.Tls ? "turns:" : "turn:";
        bool isTcp = url.EndsWith("?transport=tcp", StringComparison.Ordinal);
        bool isMeant = transport == ClientTransport.Tls ? isTcp || !url.Contains('?', StringComparison.Ordinal) : isTcp == (transport == ClientTransport.Tcp);
        if (!url.StartsWith(scheme, StringComparison.Ordinal) || !isMeant)
        {
            return null;
        }

        string authority = url[scheme.Length..].Split('?')[0];
        int colon = authority.LastIndexOf(':');
        bool hasPort = colon > authority.LastIndexOf(']');
        string host = hasPort ? authority[..colon] : authority;
        int port = hasPort ? PortOf(authority[(colon + 1)..])
            : transport == ClientTransport.Tls ? DefaultSecurePort : DefaultPort;
        return new IssuedServer(string.Create(CultureInfo.InvariantCulture, $"{host}:{port}"), new IPEndPoint(AddressOf(host), port));
    }

    private static ushort PortOf(string text) =>
        ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ushort port) && port != 0
            ? port
            : throw new FormatException("a URL has a port that is none");

    private static IPAddress AddressOf(string host)
    {
        try
        {
            return IPAddress.TryParse(host.Trim('[', ']'), out IPAddress? literal) ? literal : RelayRun.BestOf(Dns.GetHostAddresses(host));
        }
        catch (SocketException exception)
        {
            throw new TurnRefusedException($"the API names {host}, which does not resolve: {exception.Message}");
        }
    }

    private static async Task<(IssuedCredential? Issued, string Why, bool IsFinal)> TryAskAsync(
        HttpClient client, IssuingApi api, ClientTransport transport, CancellationToken stop)
    {
        try
        {
            using StringContent question = new(Question(api), Encoding.UTF8, "application/json");
            using HttpResponseMessage response = await client.PostAsync(new Uri("v1/credentials:issue", UriKind.Relative), question, stop);
            string answer = await response.Content.ReadAsStringAsync(stop);
            if (!response.IsSuccessStatusCode)
            {
                bool mayChange = response.StatusCode is HttpStatusCode.ServiceUnavailable or HttpStatusCode.PreconditionFailed or HttpStatusCode.BadRequest
                    or HttpStatusCode.NotFound;
                return (null, $"{(int)response.StatusCode} {TerminalText.Excerpt(answer)}", !mayChange);
            }

            return (Read(answer, transport), $"no edge that serves {transport.ToString().ToUpperInvariant()} is ready", false);
        }
        catch (HttpRequestException problem)
        {
            return (null, problem.InnerException?.Message ?? problem.Message, false);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return (null, string.Create(CultureInfo.InvariantCulture, $"no answer within {api.AnswerPatience.TotalSeconds:0.#} s"), false);
        }
        catch (Exception problem) when (problem is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or UsageException)
        {
            return (null, $"the answer is not what a Turnpike answers: {problem.Message}", true);
        }
    }

    private static string Question(IssuingApi api)
    {
        var question = new Dictionary<string, string> { ["user"] = api.User };
        if (api.Realm is not null)
        {
            question["realm"] = api.Realm;
        }

        if (api.Lifetime is { } lifetime)
        {
            question["ttl"] = string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(lifetime.TotalSeconds):0}s");
        }

        return JsonSerializer.Serialize(question);
    }

    private static HttpClient Client(IssuingApi api)
    {
        SocketsHttpHandler handler = new() { ConnectTimeout = TimeSpan.FromSeconds(5) };
        handler.SslOptions.CertificateChainPolicy = Trust.In(api.TrustedIssuers);
        HttpClient client = new(handler) { BaseAddress = api.Address, Timeout = api.AnswerPatience };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", api.Token);
        return client;
    }
}
