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
    public static async Task<CallResult> CallAsync(IPEndPoint server, string password, int bytes, int frames)
    {
        string script = Repository.BrowserScript;
        string modules = Path.Combine(Path.GetDirectoryName(script)!, "node_modules", "playwright-core");
        Assert.True(Directory.Exists(modules), $"{modules} is missing: run tests/install-tools.sh first");

        string request = JsonSerializer.Serialize(
            new
            {
                Urls = new[] { $"turn:{server}?transport=udp" },
                Username = ServerSettings.User,
                Credential = password,
                Bytes = bytes,
                Frames = frames,
                TimeoutSeconds = CallSeconds,
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
