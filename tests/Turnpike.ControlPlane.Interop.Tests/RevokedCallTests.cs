using System.Text.Json;
using Turnpike.Contracts.V1;
using Turnpike.ControlPlane.Interop.Kit;
using Turnpike.Interop.Processes;

namespace Turnpike.ControlPlane.Interop;

/// <summary>A call in Chromium between two peers that are allowed relayed candidates only, over two edges or three.</summary>
[Collection(ThreeEdges.Collection)]
public sealed class RevokedCallTests(ThreeEdges three)
{
    private const int CallSeconds = 50;
    private static readonly TimeSpan Promise = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(CallSeconds + 15);

    [Fact]
    public async Task A_call_with_issued_credentials_ends_within_two_seconds_of_their_revocation()
    {
        string script = Repository.RevokedCallScript;
        string modules = Path.Combine(Path.GetDirectoryName(script)!, "node_modules", "playwright-core");
        Assert.True(Directory.Exists(modules), $"{modules} is missing: run tests/install-tools.sh first");
        IssueCredentialResponse issued = await three.IssueAsync("caller", "room-9");
        string request = JsonSerializer.Serialize(new
        {
            iceServers = issued.IceServers.Select(server => new { urls = server.Urls, username = server.Username, credential = server.Credential }),
            timeoutSeconds = CallSeconds,
        });
        await using ChildProcess browser = ChildProcess.Start("node", [script, request]);
        Assert.Contains("connected", await browser.WaitForLineAsync(IsResult, Patience), StringComparison.Ordinal);

        DateTimeOffset revoked = TimeProvider.System.GetUtcNow();
        Revocation revocation = await three.Credentials.RevokeCredentialsAsync(
            new RevokeCredentialsRequest { Username = issued.IceServers[^1].Username }, cancellationToken: TestContext.Current.CancellationToken);
        string last = await browser.WaitForLineAsync(line => IsResult(line) && !line.Contains("connected", StringComparison.Ordinal), Patience);
        JsonElement result = JsonElement.Parse(last);
        Assert.True(result.TryGetProperty("lastMessageAt", out JsonElement at), last);
        TimeSpan took = DateTimeOffset.FromUnixTimeMilliseconds((long)at.GetDouble()) - revoked;
        TestContext.Current.TestOutputHelper?.WriteLine($"the last message came {took.TotalMilliseconds:0} ms after the revocation");
        Assert.True(took < Promise, $"{took}");
        await three.Credentials.DeleteRevocationAsync(new DeleteRevocationRequest { Name = revocation.Name }, cancellationToken: TestContext.Current.CancellationToken);
    }

    private static bool IsResult(string line) => line.StartsWith('{');
}
