using System.Net;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using Turnpike.LoadTest.CommandLine;
using Turnpike.LoadTest.Relay;
using Turnpike.LoadTest.Scenarios;
using Turnpike.LoadTest.Search;
using Turnpike.LoadTest.Turn;
using Turnpike.Protocol;

namespace Turnpike.LoadTest.Tests;

public sealed class ScenarioArgumentsTests
{
    private static readonly string[] Server = ["--server", "127.0.0.1:3478", "--secret", "s3cret"];

    private static Task<ScenarioOptions> ReadAsync(params string[] arguments) =>
        ScenarioArguments.ReadAsync(ParsedOptions.Parse(ScenarioArguments.Known, arguments), token: null, TimeProvider.System, CancellationToken.None);

    [Fact]
    public async Task A_voice_call_sends_fifty_packets_a_second_each_way()
    {
        ScenarioOptions options = await ReadAsync(["--scenario", "voice", "--calls", "30", .. Server]);
        Assert.Equal(new StreamPlan("voice", 30, 160, 50, 1, Direction.Both), Assert.Single(options.Streams));
        Assert.Equal(30 * 50 * 2, options.OfferedPacketsPerSecond);
        Assert.Equal((ClientTransport.Udp, Framing.Channel, AddressFamily.IPv4), (options.Target.Transport, options.Framing, options.Family));
    }

    [Fact]
    public async Task Every_scenario_takes_as_many_calls_as_are_asked_for()
    {
        foreach (Preset preset in Preset.All)
        {
            ScenarioOptions options = await ReadAsync(["--scenario", preset.Name, "--calls", "200", .. Server]);
            Assert.Equal(preset.Churn is not null, options.Churn is not null);
            int calls = options.Streams.Where(stream => stream.SharedWith is null).Sum(stream => stream.Allocations);
            Assert.Equal(preset.Name == "churn" ? 20 : 200, calls);
            Assert.All(options.Streams, stream => Assert.True(stream.SharedWith is null || options.Streams.Any(each => each.Name == stream.SharedWith)));
        }
    }

    [Fact]
    public async Task A_part_of_a_scenario_can_be_changed()
    {
        ScenarioOptions options = await ReadAsync(
            ["--scenario", "churn", "--size", "300", "--pps", "20.5", "--burst", "3", "--direction", "pairs", "--churn", "7", "--hold", "2", "--churn-packets", "9", .. Server]);
        Assert.Equal(new StreamPlan("voice", 2 * 10, 300, 20.5, 3, Direction.Pairs), Assert.Single(options.Streams));
        Assert.Equal(new ChurnPlan(7, 2, 9), options.Churn);
    }

    [Fact]
    public async Task The_same_scenario_runs_at_another_rate_with_the_same_allocations()
    {
        ScenarioOptions options = await ReadAsync(["--scenario", "mixed", "--calls", "40", .. Server]);
        ScenarioOptions scaled = options.Scaled(1.5).WithSeconds(9);
        Assert.Equal(options.OfferedPacketsPerSecond * 1.5, scaled.OfferedPacketsPerSecond, 6);
        Assert.Equal(options.Churn, scaled.Churn);
        Assert.Equal(options.Streams.Select(stream => stream.Allocations), scaled.Streams.Select(stream => stream.Allocations));
        Assert.Equal(9, scaled.Seconds);
    }

    [Fact]
    public async Task A_ramp_offers_its_mean_over_the_measured_time_and_is_level_where_a_rate_is_looked_for()
    {
        ScenarioOptions options = await ReadAsync(["--scenario", "ramp", "--calls", "10", "--seconds", "30", "--warmup", "10", .. Server]);
        Assert.Equal(1000 * 25 / 40.0, options.OfferedPacketsPerSecond, 6); // from 250 to 1000
        Assert.Equal(2000, options.Scaled(2).WithSeconds(5).OfferedPacketsPerSecond, 6);
        Assert.Equal(500, (options with { WarmupSeconds = 0 }).OfferedPacketsPerSecond, 6);
    }

    [Fact]
    public async Task A_credential_from_a_secret_outlives_the_search_after_the_run()
    {
        ParsedOptions given = ParsedOptions.Parse(ScenarioArguments.Known, ["--scenario", "voice", "--seconds", "100", "--warmup", "0", .. Server]);
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch);
        ScenarioOptions options = await ScenarioArguments.ReadAsync(given, null, time, CancellationToken.None, new SearchPlan(MaximumSteps: 20, StepSeconds: 3600));
        Assert.Equal($"{100 + (40 * 3615) + 3600}:loadtest", Encoding.UTF8.GetString(options.Credentials.Current.Username));
    }

    [Fact]
    public async Task A_server_over_TLS_must_have_its_own_name_unless_another_is_given()
    {
        string[] tls = ["--scenario", "voice", "--transport", "tls", "--server", "[::1]:5349", "--secret", "s"];
        TurnTarget target = (await ReadAsync(tls)).Target;
        Assert.Equal(("::1", IPEndPoint.Parse("[::1]:5349")), (target.ServerName, target.Endpoint));
        Assert.Equal("turn.example.org", (await ReadAsync([.. tls, "--server-name", "turn.example.org"])).Target.ServerName);
    }

    [Fact]
    public async Task The_family_is_that_of_the_peer_address_or_of_the_server()
    {
        Assert.Equal(AddressFamily.IPv6, (await ReadAsync(["--scenario", "voice", "--peer-address", "::1", .. Server])).Family);
        Assert.Equal(AddressFamily.IPv6, (await ReadAsync(["--scenario", "voice", "--family", "6", .. Server])).Family);
    }

    [Theory]
    [InlineData("--scenario is one of voice, video", "--scenario", "radio")]
    [InlineData("--scenario NAME is required")]
    [InlineData("--calls is a whole number from 3", "--scenario", "mixed", "--calls", "2")]
    [InlineData("--size cannot be given for mixed", "--scenario", "mixed", "--size", "100")]
    [InlineData("--churn-packets is a whole number from 0 to 64", "--scenario", "churn", "--churn-packets", "65")]
    [InlineData("--hold cannot be given for voice", "--scenario", "voice", "--hold", "1")]
    [InlineData("holds 100000 allocations at a time", "--scenario", "churn", "--churn", "1000", "--hold", "100")]
    [InlineData("--calls is at most 8000 in pairs", "--scenario", "voice", "--calls", "9000", "--direction", "pairs")]
    [InlineData("--ca is for --transport tls", "--scenario", "voice", "--ca", "x.pem")]
    [InlineData("--ca '/nowhere.pem' cannot be read", "--scenario", "voice", "--transport", "tls", "--ca", "/nowhere.pem")]
    [InlineData("--family is 4 or 6, not '5'", "--scenario", "voice", "--family", "5")]
    [InlineData("--peer-address 127.0.0.1 is not of the family", "--scenario", "voice", "--family", "6", "--peer-address", "127.0.0.1")]
    [InlineData("--framing is one of CHANNEL, SEND", "--scenario", "voice", "--framing", "raw")]
    [InlineData("--realm is for --api", "--scenario", "voice", "--realm", "a")]
    [InlineData("--api has the credential issued", "--scenario", "voice", "--api", "http://127.0.0.1:1")]
    public async Task What_cannot_be_is_refused_with_its_reason(string reason, params string[] arguments) => Assert.Contains(
        reason, (await Assert.ThrowsAsync<UsageException>(() => ReadAsync([.. Server, .. arguments]))).Message, StringComparison.Ordinal);

    [Fact]
    public async Task Without_an_API_a_server_is_required() => Assert.Contains(
        "--server HOST:PORT is required",
        (await Assert.ThrowsAsync<UsageException>(() => ReadAsync("--scenario", "voice", "--secret", "s"))).Message,
        StringComparison.Ordinal);
}
