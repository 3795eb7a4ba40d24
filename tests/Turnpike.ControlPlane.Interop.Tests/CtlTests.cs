using System.Text.Json;
using Turnpike.ControlPlane.Interop.Fleet;
using Turnpike.ControlPlane.Interop.Kit;
using Turnpike.Interop.Clients;
using Turnpike.Interop.Processes;
using Turnpike.Interop.Servers;

namespace Turnpike.ControlPlane.Interop;

/// <summary>The published turnpikectl against the published control plane.</summary>
[Collection(ThreeEdges.Collection)]
public sealed class CtlTests(ThreeEdges three)
{
    private static readonly TimeSpan Promise = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task A_credential_is_issued_used_seen_and_revoked()
    {
        JsonElement turn = (await JsonAsync("issue", "--user", "operator", "--tag", "ctl")).GetProperty("iceServers")[1];
        using TurnClient client = await ThreeEdges.AllocateAsync(
            three.Fleet.Edges[0], turn.GetProperty("username").GetString()!, turn.GetProperty("credential").GetString()!);
        string allocations = await RunAsync("allocations", "list", "--tag", "ctl");
        Assert.Contains("operator", allocations, StringComparison.Ordinal);

        await RunAsync("revoke", "--tag", "ctl");
        await Deadline.UntilAsync("the allocation is ended", Promise, async () => !(await client.RefreshAsync(600)).Succeeded);
        await Deadline.UntilAsync("the usage is flushed", Soon, async () =>
            (await RunAsync("usage", "--by", "tag", "--bucket", "minute", "--since", "10min")).Contains("ctl", StringComparison.Ordinal));
        string events = await RunAsync("events", "-o", "json");
        Assert.Contains(events.Split('\n'), line => line.Contains("\"operator\"", StringComparison.Ordinal) && line.Contains("KIND_ALLOCATION_STARTED", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_edge_is_drained_and_put_back()
    {
        JsonElement edges = (await JsonAsync("edges", "list")).GetProperty("edges");
        Assert.Equal(3, edges.GetArrayLength());
        string name = edges[0].GetProperty("name").GetString()!["edges/".Length..];
        Assert.Contains("draining", await RunAsync("edges", "drain", name), StringComparison.Ordinal);
        await Deadline.UntilAsync("the list has it", Soon, async () => (await RunAsync("edges", "list")).Contains("draining", StringComparison.Ordinal));
        Assert.Contains("ready", await RunAsync("edges", "undrain", name), StringComparison.Ordinal);
        await ThreeEdges.WaitForEdgesAsync(three.Plane, 3);
    }

    [Theory]
    [InlineData("drain", "nowhere-1", "There is no edge edges/nowhere-1")]
    [InlineData("drain", "a b", "edges/{edge}")]
    public async Task An_error_is_one_line_and_the_exit_code_says_so(string verb, string edge, string expected)
    {
        (int exitCode, string output) = await ExecuteAsync("edges", verb, edge);
        Assert.NotEqual(0, exitCode);
        Assert.Contains(expected, output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
    }

    private async Task<JsonElement> JsonAsync(params string[] arguments) => JsonElement.Parse(await RunAsync([.. arguments, "--output", "json"]));

    private async Task<string> RunAsync(params string[] arguments)
    {
        (int exitCode, string output) = await ExecuteAsync(arguments);
        Assert.True(exitCode == 0, output);
        return output;
    }

    private Task<(int ExitCode, string Output)> ExecuteAsync(params string[] arguments)
    {
        Assert.True(File.Exists(Repository.PublishedCtl), $"{Repository.PublishedCtl} is missing: run `make publish` first");
        return Command.RunAsync(Repository.PublishedCtl, arguments, new Dictionary<string, string?>
        {
            ["TURNPIKE_SERVER"] = $"{three.Plane.Grpc}",
            ["TURNPIKE_TOKEN"] = ControlPlaneServer.Token,
            ["TURNPIKE_REALM"] = ServerSettings.Realm,
        });
    }
}
