using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Turnpike.Edge.Management;
using Turnpike.Edge.Options;
using Turnpike.ServiceDefaults;
using Turnpike.Testing;

namespace Turnpike.Edge.Tests.Host;

[Collection(EnvironmentCollection.Name)]
public sealed class MetricsTests
{
    public static TheoryData<string, string, double> Series => new()
    {
        { "turnpike_edge_requests_total{code=\"success\",method=\"allocate\"}", "counter", 7 },
        { "turnpike_edge_requests_total{code=\"401\",method=\"allocate\"}", "counter", 9 },
        { "turnpike_edge_requests_total{code=\"success\",method=\"refresh\"}", "counter", 3 },
        { "turnpike_edge_drops_total{reason=\"no_permission\"}", "counter", 5 },
        { "turnpike_edge_drops_total{reason=\"not_stun\"}", "counter", 0 },
        { "turnpike_edge_authentication_failures_total{reason=\"wrong_password\"}", "counter", 22 },
        { "turnpike_edge_authentication_failures_total{reason=\"revoked\"}", "counter", 0 },
        { "turnpike_edge_quota_rejections_total{scope=\"user\"}", "counter", 23 },
        { "turnpike_edge_quota_rejections_total{scope=\"bandwidth\"}", "counter", 0 },
        { "turnpike_edge_peers_denied_total{rule=\"private\"}", "counter", 24 },
        { "turnpike_edge_peers_denied_total{rule=\"tenant\"}", "counter", 0 },
        { "turnpike_edge_allocations{family=\"ipv4\",transport=\"udp\"}", "gauge", 3 },
        { "turnpike_edge_allocations{family=\"dual\",transport=\"tls\"}", "gauge", 1 },
        { "turnpike_edge_allocations_created_total", "counter", 7 },
        { "turnpike_edge_allocations_ended_total", "counter", 3 },
        { "turnpike_edge_allocations_moved_total", "counter", 16 },
        { "turnpike_edge_moved_clients", "gauge", 17 },
        { "turnpike_edge_relayed_packets_total{direction=\"client_to_peer\",path=\"channel\"}", "counter", 100 },
        { "turnpike_edge_relayed_packets_total{direction=\"peer_to_client\",path=\"indication\"}", "counter", 200 },
        { "turnpike_edge_relayed_bytes_total{direction=\"client_to_peer\",path=\"channel\"}", "counter", 16_000 },
        { "turnpike_edge_relayed_bytes_total{direction=\"peer_to_client\",path=\"indication\"}", "counter", 240_000 },
        { "turnpike_edge_relayed_bytes_total{direction=\"peer_to_client\",path=\"connection\"}", "counter", 7 },
        { "turnpike_edge_realm_allocations{realm=\"red\"}", "gauge", 3 },
        { "turnpike_edge_realm_allocations{realm=\"other\"}", "gauge", 1 },
        { "turnpike_edge_realm_allocations_limit{realm=\"red\"}", "gauge", 50 },
        { "turnpike_edge_realm_relayed_bytes_total{direction=\"client_to_peer\",realm=\"red\"}", "counter", 31 },
        { "turnpike_edge_realm_relayed_bytes_total{direction=\"peer_to_client\",realm=\"red\"}", "counter", 32 },
        { "turnpike_edge_realm_relayed_bytes_total{direction=\"client_to_peer\",realm=\"other\"}", "counter", 0 },
        { "turnpike_edge_realm_relayed_bytes_total{direction=\"peer_to_client\",realm=\"other\"}", "counter", 0 },
        { "turnpike_edge_realm_quota_rejections_total{realm=\"red\"}", "counter", 33 },
        { "turnpike_edge_realm_quota_rejections_total{realm=\"other\"}", "counter", 0 },
        { "turnpike_edge_shard_busy_ratio{shard=\"0\"}", "gauge", 0 },
        { "turnpike_edge_shard_busy_ratio{shard=\"1\"}", "gauge", 0 },
        { "turnpike_edge_saturation_ratio{dimension=\"allocations\"}", "gauge", 0.5 },
        { "turnpike_edge_saturation_ratio{dimension=\"relay-ports\"}", "gauge", 0.375 },
        { "turnpike_edge_saturation_ratio{dimension=\"shard-busy\"}", "gauge", 0 },
        { "turnpike_edge_drain_deadline_timestamp_seconds", "gauge", 4_102_444_700 },
        { "turnpike_edge_session_duration_seconds_count", "histogram", 0 },
        { "turnpike_edge_session_bytes_count", "histogram", 0 },
        { "turnpike_edge_loop_latency_seconds_count", "histogram", 0 },
        { "turnpike_edge_cluster_store_latency_seconds_count", "histogram", 0 },
        { "turnpike_edge_icmp_to_clients_total", "counter", 91 },
        { "turnpike_edge_relay_ports_used", "gauge", 6 },
        { "turnpike_edge_relay_ports", "gauge", 16 },
        { "turnpike_edge_socket_receive_drops_total", "counter", 11 },
        { "turnpike_edge_socket_send_drops_total{reason=\"would_block\"}", "counter", 2 },
        { "turnpike_edge_socket_send_drops_total{reason=\"no_buffers\"}", "counter", 0 },
        { "turnpike_edge_peer_connections", "gauge", 18 },
        { "turnpike_edge_dtls_handshakes_total{result=\"completed\"}", "counter", 19 },
        { "turnpike_edge_dtls_handshakes_total{result=\"failed\"}", "counter", 0 },
        { "turnpike_edge_dtls_hello_verify_requests_total", "counter", 20 },
        { "turnpike_edge_dtls_sessions", "gauge", 21 },
        { "turnpike_edge_stream_connections{transport=\"tcp\"}", "gauge", 12 },
        { "turnpike_edge_stream_connections{transport=\"tls\"}", "gauge", 13 },
        { "turnpike_edge_stream_connections_closed_total{reason=\"client\"}", "counter", 14 },
        { "turnpike_edge_stream_connections_closed_total{reason=\"idle\"}", "counter", 0 },
        { "turnpike_edge_certificate_expiry_timestamp_seconds", "gauge", 4_102_444_800 },
        { "turnpike_edge_draining", "gauge", 0 },
        { "turnpike_edge_shards", "gauge", 2 },
        { "turnpike_edge_cluster_available", "gauge", 0 },
        { "turnpike_edge_cluster_store_calls_total", "counter", 0 },
        { "turnpike_edge_cluster_store_errors_total{kind=\"timeout\"}", "counter", 0 },
        { "turnpike_edge_cluster_store_errors_total{kind=\"not_serving\"}", "counter", 0 },
        { "turnpike_edge_cluster_store_errors_total{kind=\"denied\"}", "counter", 0 },
        { "turnpike_edge_cluster_store_errors_total{kind=\"refused\"}", "counter", 0 },
        { "turnpike_edge_cluster_edges", "gauge", 1 },
        { "turnpike_edge_cluster_leases", "gauge", 0 },
        { "turnpike_edge_cluster_local_grants_total", "counter", 0 },
        { "turnpike_edge_cluster_usage_lag_seconds", "gauge", 0 },
        { "turnpike_edge_cluster_usage_rows", "gauge", 0 },
        { "turnpike_edge_cluster_events_waiting", "gauge", 0 },
        { "turnpike_edge_cluster_events_dropped_total", "counter", 0 },
        { "turnpike_edge_cluster_revocations", "gauge", 0 },
        { "turnpike_edge_cluster_revoked_allocations_total", "counter", 0 },
        { "turnpike_edge_cluster_realms", "gauge", 1 },
        { "turnpike_edge_cluster_parked", "gauge", 0 },
    };

    // A store that is never there.
    private const string Cluster = "--Cluster:Redis=127.0.0.1:1";
    private const string Capacity = "--Edge:Capacity:Allocations=8";

    /// <summary>Those whose values time itself changes.</summary>
    private static IEnumerable<string> Restless =>
    [
        "turnpike_edge_cluster_heartbeat_age_seconds",
        "turnpike_edge_cluster_store_errors_total{kind=\"away\"}",
        "turnpike_edge_cluster_store_errors_total{kind=\"connection\"}",
    ];

    [Theory]
    [MemberData(nameof(Series))]
    public async Task A_scrape_has_the_series_with_its_type_and_value(string series, string type, double value)
    {
        await using EdgeHost host = await EdgeHost.StartAsync(new FakeRelay(), Cluster, Capacity);
        Exposition scrape = await ScrapeAsync(host);
        Assert.Equal(value, scrape.Samples[series]);
        Assert.Equal(type, scrape.Types[Exposition.Family(series)]);
    }

    [Fact]
    public async Task A_scrape_has_no_other_series_than_these_and_those_of_process_and_runtime()
    {
        await using EdgeHost host = await EdgeHost.StartAsync(new FakeRelay(), Cluster, Capacity);
        Exposition scrape = await ScrapeAsync(host);
        string[] ours = [.. scrape.Samples.Keys.Where(series => !series.StartsWith("process_", StringComparison.Ordinal)
            && !series.StartsWith("dotnet_", StringComparison.Ordinal)).Order()];
        string build = Assert.Single(ours, series => series.StartsWith("turnpike_edge_build_info{", StringComparison.Ordinal));
        Assert.Equal(Series.Select(row => row.Data.Item1).Concat(Restless).Append(build).Order(), ours.Where(series => !IsOfHistogram(series)));
        Assert.Matches("""^turnpike_edge_build_info\{commit="[^"]+",runtime="10\.[0-9.]+",version="[0-9.]+"\}$""", build);
        Assert.Equal(1, scrape.Samples[build]);
        Assert.All(
            (string[])
            [
                "process_cpu_seconds_total", "process_start_time_seconds", "process_working_set_bytes", "process_num_threads",
                "dotnet_total_memory_bytes", "dotnet_collection_count_total{generation=\"0\"}",
            ],
            series => Assert.True(scrape.Samples[series] > 0 || series.StartsWith("dotnet_collection", StringComparison.Ordinal), series));
    }

    [Fact]
    public async Task A_garbage_collection_is_told_with_the_time_that_all_waited_for_it()
    {
        await using EdgeHost host = await EdgeHost.StartAsync(new FakeRelay());
        Exposition before = await ScrapeAsync(host);
        Assert.Equal("histogram", before.Types["dotnet_gc_pause_duration_seconds"]);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Exposition after = await ScrapeAsync(host);
        Assert.True(after.Samples["dotnet_gc_pause_duration_seconds_count"] > before.Samples["dotnet_gc_pause_duration_seconds_count"]);
        Assert.True(after.Samples["dotnet_gc_pause_duration_seconds_sum"] > before.Samples["dotnet_gc_pause_duration_seconds_sum"]);
        Assert.Contains("dotnet_gc_pause_duration_seconds_bucket{le=\"0.005\"}", after.Samples.Keys);
    }

    [Fact]
    public async Task An_edge_alone_has_no_series_of_a_cluster()
    {
        await using EdgeHost host = await EdgeHost.StartAsync(new FakeRelay());
        Assert.DoesNotContain((await ScrapeAsync(host)).Samples.Keys, series => series.Contains("cluster", StringComparison.Ordinal));
    }

    [Fact]
    public async Task One_scrape_reads_the_relay_once()
    {
        FakeRelay relay = new();
        await using EdgeHost host = await EdgeHost.StartAsync(relay);
        await ScrapeAsync(host);
        Assert.Equal(1, relay.Reads);
        await ScrapeAsync(host);
        Assert.Equal(2, relay.Reads);
    }

    [Fact]
    public void Busy_time_and_saturation_are_those_since_the_scrape_before()
    {
        FakeTimeProvider time = new(DateTimeOffset.UnixEpoch.AddYears(50));
        FakeRelay relay = new() { ShardBusyTimes = [TimeSpan.FromSeconds(100), TimeSpan.FromSeconds(50)] };
        using ServiceProvider services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        IMeterFactory meters = services.GetRequiredService<IMeterFactory>();
        EdgeSettings settings = Reading.Good(("Edge:Capacity:PacketsPerSecond", "1000"), ("Edge:Capacity:BitsPerSecond", "1000000"));
        _ = new EdgeMetrics(meters, relay, settings, ServiceIdentity.Of("edge", typeof(EdgeSettings).Assembly), time);
        Dictionary<string, double> measured = [];
        using MeterListener listener = new()
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Name is "turnpike.edge.shard_busy_ratio" or "turnpike.edge.saturation_ratio")
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<double>((_, value, tags, _) => measured[$"{tags[0].Value}"] = value);
        listener.Start();
        listener.RecordObservableInstruments();
        Assert.Equal(0, measured["shard-busy"]);

        relay.ShardBusyTimes = [TimeSpan.FromSeconds(101), TimeSpan.FromSeconds(57.5)];
        relay.ClientToPeer = new Traffic(100 + 5000, 16_000 + 250_000);
        time.Advance(TimeSpan.FromSeconds(10));
        listener.RecordObservableInstruments();
        Assert.Equal((0.1, 0.75), (measured["0"], measured["1"]));
        Assert.Equal(0.75, measured["shard-busy"]);
        Assert.Equal((0.5, 0.2), (measured["packets-per-second"], measured["bits-per-second"]));
    }

    [Fact]
    public async Task A_histogram_has_the_buckets_that_its_instrument_advises()
    {
        await using EdgeHost host = await EdgeHost.StartAsync(new FakeRelay());
        host.App.Services.GetRequiredService<RelayDistributions>().OnLoop(3);
        Exposition scrape = await ScrapeAsync(host);
        Assert.Equal(0, scrape.Samples["turnpike_edge_loop_latency_seconds_bucket{le=\"0.002\"}"]);
        Assert.Equal(1, scrape.Samples["turnpike_edge_loop_latency_seconds_bucket{le=\"0.005\"}"]);
        Assert.Equal(1, scrape.Samples["turnpike_edge_loop_latency_seconds_bucket{le=\"+Inf\"}"]);
        Assert.Equal(0.003, scrape.Samples["turnpike_edge_loop_latency_seconds_sum"]);
    }

    [Fact]
    public async Task A_gauge_that_is_not_measured_any_more_for_some_label_has_no_series_for_it()
    {
        FakeRelay relay = new();
        await using EdgeHost host = await EdgeHost.StartAsync(relay);
        const string limit = "turnpike_edge_realm_allocations_limit{realm=\"red\"}";
        Assert.Contains(limit, (await ScrapeAsync(host)).Samples.Keys);
        relay.RealmLimit = 0;
        Assert.DoesNotContain(limit, (await ScrapeAsync(host)).Samples.Keys);
        relay.RealmLimit = 60;
        Assert.Equal(60, (await ScrapeAsync(host)).Samples[limit]);
    }

    [Fact]
    public async Task Draining_shows_in_the_next_scrape()
    {
        FakeRelay relay = new();
        await using EdgeHost host = await EdgeHost.StartAsync(relay);
        relay.BeginDrain();
        Assert.Equal(1, (await ScrapeAsync(host)).Samples["turnpike_edge_draining"]);
    }

    [Fact]
    public async Task Every_kind_of_instrument_is_shown_and_foreign_meters_are_not()
    {
        await using EdgeHost host = await EdgeHost.StartAsync(new FakeRelay());
        IMeterFactory meters = host.App.Services.GetRequiredService<IMeterFactory>();
        Meter meter = meters.Create("Turnpike.Test");
        Counter<long> counter = meter.CreateCounter<long>("turnpike.test.calls");
        counter.Add(2, new KeyValuePair<string, object?>("kind", "a"));
        counter.Add(3, new KeyValuePair<string, object?>("kind", "a"));
        meter.CreateUpDownCounter<int>("turnpike.test.open").Add(-4);
        meter.CreateHistogram<double>("turnpike.test.seconds").Record(0.5);
        meters.Create("Somebody.Else").CreateCounter<long>("foreign").Add(1);
        using Meter otherHost = new("Turnpike.Test");
        otherHost.CreateCounter<long>("turnpike.other").Add(1);

        using HttpResponseMessage response = await host.Client.GetAsync("/metrics", TestContext.Current.CancellationToken);
        string text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Contains("turnpike_test_calls_total{kind=\"a\"} 5\n", text, StringComparison.Ordinal);
        Assert.Contains("turnpike_test_open -4\n", text, StringComparison.Ordinal);
        Assert.Contains("turnpike_test_seconds_count 1\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("foreign", text, StringComparison.Ordinal);
        Assert.DoesNotContain("turnpike_other", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Prometheus_finds_nothing_wrong_with_a_scrape_and_would()
    {
        await using EdgeHost host = await EdgeHost.StartAsync(new FakeRelay(), Cluster, Capacity);
        string scrape = await host.Client.GetStringAsync("/metrics", TestContext.Current.CancellationToken);
        Assert.Equal("", await Promtool.FindingsAsync(scrape, TestContext.Current.CancellationToken));
        const string badlyNamed = "# TYPE turnpike_edge_calls counter\nturnpike_edge_calls 1\n";
        Assert.Contains("_total", await Promtool.FindingsAsync(scrape + badlyNamed, TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_metrics_table_of_the_readme_and_a_scrape_agree()
    {
        await using EdgeHost host = await EdgeHost.StartAsync(new FakeRelay(), Cluster, Capacity);
        Exposition scrape = await ScrapeAsync(host);
        IEnumerable<string> exported = scrape.Types.Where(pair => pair.Key.StartsWith("turnpike_", StringComparison.Ordinal))
            .Select(pair => $"{pair.Key} {pair.Value} {Labels(scrape, pair.Key)}");
        // The others take a collector: the tests with a real process have one.
        IEnumerable<string> documented = Readme.Lines().Where(line => line.StartsWith("| `turnpike_edge_", StringComparison.Ordinal))
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries))
            .Select(cells => $"{cells[1].Trim('`')} {cells[2]} {string.Join(',', cells[3].Split(", ").Order())}");
        Assert.Equal(exported.Order(), documented.Order());
    }

    private static string Labels(Exposition scrape, string name)
    {
        if (scrape.Types[name] == "histogram")
        {
            return ""; // None of ours has labels of its own.
        }
        string series = scrape.Samples.Keys.First(key => key.Split('{')[0] == name);
        return series.Length == name.Length
            ? ""
            : string.Join(',', series[(name.Length + 1)..^1].Split(',').Select(label => label.Split('=')[0]));
    }

    private static bool IsOfHistogram(string series) =>
        series.Contains("_bucket{le=", StringComparison.Ordinal) || series.EndsWith("_seconds_sum", StringComparison.Ordinal)
        || series.EndsWith("_bytes_sum", StringComparison.Ordinal);

    private static async Task<Exposition> ScrapeAsync(EdgeHost host) =>
        Exposition.Parse(await host.Client.GetStringAsync("/metrics", TestContext.Current.CancellationToken));
}
