using System.Net;
using System.Text.Json;
using Turnpike.Interop.Processes;
using Turnpike.Interop.Servers;

namespace Turnpike.Interop.Clients;

/// <summary>A call between two RTCPeerConnections in headless Chromium, relayed candidates only (browser/call.html).</summary>
internal static class Browser
{
    private const int CallSeconds = 75;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>Runs one call: a file through a data channel, and the fake camera until so many frames are decoded.</summary>
    public static Task<CallResult> CallAsync(IPEndPoint server, string password, int bytes, int frames) =>
        CallAsync($"turn:{server}?transport=udp", password, bytes, frames);

    /// <summary>The same with a URL of the test's choice, and with a private certificate to be trusted where it is turns:.</summary>
    public static async Task<CallResult> CallAsync(
        string url, string password, int bytes, int frames, TestCertificate? trusted = null)
    {
        string script = Repository.BrowserScript;
        string modules = Path.Combine(Path.GetDirectoryName(script)!, "node_modules", "playwright-core");
        Assert.True(Directory.Exists(modules), $"{modules} is missing: run tests/install-tools.sh first");

        string request = JsonSerializer.Serialize(
            new
            {
                Urls = new[] { url },
                Username = ServerSettings.User,
                Credential = password,
                Bytes = bytes,
                Frames = frames,
                TimeoutSeconds = CallSeconds,
                TrustedKeys = trusted?.PublicKeyHash,
            },
            Json);
        await using var node = ChildProcess.Start("node", [script, request]);
        await node.WaitForExitAsync(TimeSpan.FromSeconds(CallSeconds + 15));
        string? line = node.Output.Split('\n').LastOrDefault(l => l.StartsWith('{'));
        Assert.True(line is not null, $"the browser script gave no result:\n{node.Output}");
        return JsonSerializer.Deserialize<CallResult>(line, Json)!;
    }
}

/// <summary>What the page saw; see browser/call.html.</summary>
internal sealed record CallResult(
    string? Error,
    bool Connected,
    IReadOnlyList<string> Candidates,
    IReadOnlyList<CandidateError> CandidateErrors,
    SentFile? Sent,
    SentFile? Received,
    int FramesDecoded,
    IReadOnlyList<SelectedPair>? Pairs);

internal sealed record CandidateError(int Code, string Text, string Url);

internal sealed record SentFile(int Bytes, string Sha256);

internal sealed record SelectedPair(string? Local, string? Remote, string? RelayProtocol);
