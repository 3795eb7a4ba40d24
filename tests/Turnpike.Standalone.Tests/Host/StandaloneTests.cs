using StackExchange.Redis;
using Turnpike.Standalone.Tests.Stores;

namespace Turnpike.Standalone.Tests.Host;

/// <summary>One process with everything, as <c>make run</c> starts it.</summary>
public sealed class StandaloneTests(RunningStandalone running)
{
    [Fact]
    public async Task The_credential_on_the_screen_opens_an_allocation()
    {
        StandaloneProcess standalone = running.Process;
        using TurnCaller caller = new(standalone.Turn, standalone.Credential);
        Assert.True(await caller.AllocateAsync(), standalone.Output);
        using TurnCaller guesser = new(standalone.Turn, (standalone.Credential.Username, "wrong"));
        Assert.False(await guesser.AllocateAsync());
    }

    [Fact]
    public async Task The_screen_says_where_everything_is_and_that_a_trial_is_no_production()
    {
        StandaloneProcess standalone = running.Process;
        Assert.Contains("NOT FOR PRODUCTION", standalone.Output, StringComparison.Ordinal);
        using HttpClient http = new();
        Assert.Contains("ready", await http.GetStringAsync($"{standalone.Management}/health/ready", TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Contains(
            "turnpike_edge_build_info{", await http.GetStringAsync($"{standalone.Management}/metrics", TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.DoesNotContain("Garnet", standalone.Output, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task The_store_runs_scripts_for_whoever_knows_its_password()
    {
        StandaloneProcess standalone = running.Process;
        (string endPoint, string password) = standalone.Store;
        Assert.Equal("PONG", await Clients.PingAsync($"{endPoint},password={password}"));
        await using ConnectionMultiplexer client = await Clients.ConnectAsync($"{endPoint},password={password}");
        Assert.Equal(42, (int)await client.GetDatabase().ScriptEvaluateAsync("return redis.call('INCRBY', KEYS[1], ARGV[1])", ["answer"], [42]));
        await Assert.ThrowsAnyAsync<RedisException>(() => Clients.PingAsync(endPoint));
    }

    [Fact]
    public async Task A_password_that_the_operator_chose_is_not_shown()
    {
        await using StandaloneProcess standalone = await StandaloneProcess.StartAsync("--Standalone:StorePassword=chosen-by-the-operator");
        Assert.DoesNotContain("chosen-by-the-operator", standalone.Output, StringComparison.Ordinal);
        Assert.Equal("PONG", await Clients.PingAsync($"{standalone.Store.EndPoint},password=chosen-by-the-operator"));
    }

    [Fact]
    public async Task Two_of_them_run_beside_each_other()
    {
        StandaloneProcess one = running.Process;
        await using StandaloneProcess other = await StandaloneProcess.StartAsync();
        Assert.NotEqual(one.Store.EndPoint, other.Store.EndPoint);
        using TurnCaller first = new(one.Turn, one.Credential);
        using TurnCaller second = new(other.Turn, other.Credential);
        Assert.True(await first.AllocateAsync(), one.Output);
        Assert.True(await second.AllocateAsync(), other.Output);
        using TurnCaller stranger = new(other.Turn, one.Credential);
        Assert.False(await stranger.AllocateAsync());
    }

    [Fact(SkipUnless = nameof(HasSignals), Skip = "SIGTERM needs a Unix system")]
    public async Task SIGTERM_waits_for_the_last_call_and_leaves_nothing_behind()
    {
        await using StandaloneProcess standalone = await StandaloneProcess.StartAsync();
        using TurnCaller caller = new(standalone.Turn, standalone.Credential);
        Assert.True(await caller.AllocateAsync(), standalone.Output);
        await standalone.TerminateAsync();
        await standalone.UntilAsync("it drains", () => standalone.Output.Contains("Draining", StringComparison.Ordinal));
        (string endPoint, string password) = standalone.Store;
        Assert.Equal("PONG", await Clients.PingAsync($"{endPoint},password={password}"));
        Assert.True(await caller.EndAsync());
        Assert.Equal(0, await standalone.ExitCodeAsync());
        Assert.Contains("none was cut", standalone.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("fail:", standalone.Output, StringComparison.Ordinal);
        Assert.Empty(standalone.Files);
        Assert.Empty(standalone.TemporaryFolder.EnumerateFileSystemInfos("turnpike-store-*"));
    }

    public static bool HasSignals => !OperatingSystem.IsWindows();
}
