using System.Text.Json;
using Turnpike.LoadTest.CommandLine;
using Turnpike.LoadTest.Planning;

namespace Turnpike.LoadTest.Tests;

/// <summary>What is reckoned by hand here is reckoned from the definitions, not from the code.</summary>
public sealed class PlanTests
{
    [Theory]
    [InlineData("CPU", 100, "--edge-cores", "1.001", "--packets-per-second", "100", "--packet-us", "100", "--keep-us", "0", "--allocate-us", "0.1", "--mean-call-minutes", "1440")]
    [InlineData("relay ports", 500, "--relay-ports", "500")]
    [InlineData("file descriptors", 900, "--edge-files", "1000")]
    [InlineData("memory", 1024, "--edge-memory", "129", "--edge-idle", "128", "--allocation-bytes", "1000", "--socket-bytes", "24", "--user-bytes", "0")]
    [InlineData("bandwidth", 1000, "--edge-gbps", "1", "--mbps", "1", "--header-bytes", "0")]
    public void The_limit_that_an_edge_meets_first_binds_and_is_named(string binding, int allocations, params string[] options)
    {
        EdgeSize edge = EdgeSize.Of(Values([.. options, "--target", "100"]));
        Assert.Equal((binding, allocations), (edge.Binding, edge.Allocations));
        Assert.Equal(1, edge.Shares[binding], 2);
        Assert.All(edge.Shares.Values, share => Assert.InRange(share, 0, 1));
        Assert.Equal(allocations / 2, EdgeSize.Of(Values([.. options, "--target", "50"])).Allocations);
    }

    [Fact]
    public void A_fleet_is_its_allocations_by_edge_and_one_to_spare_and_its_traffic_what_they_carry()
    {
        PlanFigures plan = Plan(1_000_000, "--relay-ports", "10000", "--target", "100", "--edge-cores", "20", "--mbps", "0.8", "--packets-per-second", "100", "--header-bytes", "250", "--peak-factor", "2", "--mean-call-minutes", "10", "--work-share", "0");
        Assert.Equal((101, 2020), (plan.Edges, plan.EdgeCores));
        Assert.Equal(1000, plan.Gigabits, 6); // A million of 0.8 Mb/s and 0.2 Mb/s of headers.
        Assert.Equal(1e6 / 600 * 2, plan.AllocatesPerSecond, 6);
        Assert.Equal(1e6 * 3072 / (1 << 30), plan.KernelMemory, 6);
    }

    [Fact]
    public void What_a_gigabyte_costs_is_the_traffic_and_what_relays_it()
    {
        PlanFigures plan = Plan(
            1_000_000, "--mbps", "1", "--header-bytes", "0", "--mean-traffic", "1", "--work-share", "0", "--price-per-gb", "0.03", "--price-per-core-hour", "0", "--price-per-gib-hour", "0", "--price-per-address-hour", "0");
        // A Tb/s for 730 hours.
        Assert.Equal(1e12 / 8 * 730 * 3600 / 1e9, plan.MonthlyGigabytes, 0);
        Assert.Equal(0.03, plan.PricePerGigabyte, 9);
        Assert.Equal(0, plan.OtherPrice);
    }

    [Theory]
    [InlineData("40", 101, 1000)] // 400 000 that need 81 edges, and relay 800 Gb/s;
    [InlineData("80", 161, 1600)] // 800 000 that need more of both than all of them do at the peak.
    public void The_worst_hour_decides_how_many_edges_there_are(string workShare, int edges, double gigabits)
    {
        // An edge ends at 10 000 ports at the peak, and at 10 Gb/s, which are 5000 allocations, in working hours.
        PlanFigures plan = Plan(
            1_000_000, "--relay-ports", "10000", "--target", "100", "--edge-cores", "1000", "--header-bytes", "0", "--mbps", "1", "--work-mbps", "2", "--work-share", workShare);
        Assert.Equal((edges, gigabits), (plan.Edges, plan.Gigabits));
        Assert.Equal(["relay ports", "bandwidth"], plan.Hours.Select(hour => hour.Edge.Binding));
    }

    [Fact]
    public void What_is_there_is_paid_for_whether_it_is_busy_or_not()
    {
        PlanFigures plan = Plan(
            1000, "--edge-cores", "16", "--mean-edges", "0.5", "--plane-cores", "4", "--store-replicas", "2", "--price-per-core-hour", "1", "--price-per-gib-hour", "0", "--price-per-address-hour", "0");
        // Two edges, half of the time; two control planes; a shard of the store and its two replicas, a core each.
        Assert.Equal(730 * ((0.5 * 2 * 16) + (2 * 4) + 3), plan.OtherPrice, 6);
    }

    [Fact]
    public void The_store_pays_for_each_call_and_for_what_is_in_it()
    {
        PlanValues values = Values(
            "--realms", "1", "--largest-realm", "100", "--heartbeat", "1", "--beat-us", "100", "--record-us", "1", "--usage-us", "0.1", "--usage-row-us", "10", "--usage-flush", "10");
        StoreLoad load = new StoreModel(values).Of(new StoreDemand(Edges: 100, Users: 900_000, Allocates: 0, Ends: 0, Changes: 0, Replicas: 2));
        // 100 beats of 100 µs; two replicas read 100 records each second, and 100 edges each 300 s.
        Assert.Equal(0.01 + ((2 + (100 / 300.0)) * 100 * 1e-6), load.Configuration, 9);
        // 900 000 users and two rows an edge each 9 s, 10 µs each, and a tenth of a µs for 250 of them.
        Assert.Equal(900_200 / 9.0 * (10 + (0.1 / 250)) * 1e-6, load.Realms.Usage, 9);
        Assert.Equal(load.Realms, load.Largest);
        Assert.Equal(0, load.Announcements);
    }

    [Theory]
    [InlineData(100, 1, 100 * 100)] // Each edge reads all records for each change,
    [InlineData(100, 50, 5 * 100 * 100)] // but so often only that all together read 50 000 a second
    [InlineData(1000, 1, 50_000)]
    [InlineData(30_000, 1, 30_000 * 30_000 / 150.0)] // and each of them every two and a half minutes on average.
    public void A_change_of_the_fleet_makes_its_edges_read_it(double edges, double changes, double records)
    {
        StoreModel model = new(Values("--beat-us", "1", "--record-us", "10"));
        double anyway = (edges * 1e-6) + (edges * edges / 300 * 10e-6);
        Assert.Equal((records * 10e-6) + anyway, model.Of(new StoreDemand(edges, 0, 0, 0, changes, 0)).Configuration, 9);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(5, 5 * 10 * 2)] // Five realms of a hundred, each read ten times a second by two replicas.
    public void Events_are_announced_to_all_as_often_as_somebody_reads_them(double percent, double announced)
    {
        StoreModel model = new(Values("--watched-realms", $"{percent}", "--announce-us", "10"));
        StoreLoad load = model.Of(new StoreDemand(98, 1_000_000, 5000, 5000, 0, 2));
        Assert.Equal(announced * 100 * 10e-6, load.Announcements, 9);
    }

    [Fact]
    public void Usage_is_a_field_for_each_user_in_each_span_that_is_kept()
    {
        PlanValues values = Values(
            "--mean-to-peak", "1", "--mean-call-minutes", "1", "--daily-users", "3", "--minute-retention", "7200", "--day-retention", "2678400", "--usage-field-bytes", "1000");
        var memory = StoreMemory.Of(values, users: 1_073_741.824, edges: 0);
        // A GiB a field of each user: in a minute twice as many as at one moment, for 120 minutes; never more than those of a day.
        Assert.Equal((240, 3 * (2_678_400 / 3600), 3 * (31 + 2)), (Round(memory.Minutes), Round(memory.Hours), Round(memory.Days)));
        static int Round(double value) => (int)Math.Round(value);
    }

    [Fact]
    public void More_allocations_never_need_less_and_fill_no_limit_less()
    {
        PlanFigures[] plans = [.. new[] { 1e4, 1e5, 1e6, 3e6, 1e7, 3e7, 1e8, 1e9 }.Select(size => Plan(size))];
        foreach ((PlanFigures less, PlanFigures more) in plans.Zip(plans.Skip(1)))
        {
            foreach (Func<PlanFigures, double> figure in (Func<PlanFigures, double>[])
            [
                plan => plan.Edges, plan => plan.Store.Cores, plan => plan.Memory.Total, plan => plan.StoreShards, plan => plan.PlaneCores, plan => plan.Series,
                plan => plan.MonthlyGigabytes, plan => plan.OtherPrice, plan => plan.Clusters,
            ])
            {
                Assert.True(figure(less) <= figure(more), $"{less.Allocations} and {more.Allocations}");
            }

            Assert.All(less.Limits, limit => Assert.True(limit.Share <= more.Limits.Single(each => each.Name == limit.Name).Share, limit.Name));
        }

        Assert.True(plans[^1].Clusters > plans[0].Clusters);
    }

    [Fact]
    public void So_many_clusters_are_enough_and_one_less_is_not()
    {
        PlanFigures plan = Plan(100_000_000, "--turnover", "0", "--cluster-nodes", "1000");
        Assert.Equal((int)Math.Ceiling((plan.Edges - 1) / 999.0), plan.Clusters);
        Assert.Contains(plan.Limits, limit => limit.Name.StartsWith("Kubernetes", StringComparison.Ordinal) && limit.Share > 1);
    }

    [Fact]
    public void The_table_names_each_size_and_the_json_holds_the_constants()
    {
        PlanOptions options = Parse("--allocations", "1000,2000000", "--mbps", "2.5");
        PlanResult result = new([.. options.Sizes.Select(new Planner(options.Values).Of)], options.Constants);
        string table = PlanTable.Of(result);
        Assert.Contains("| allocations at the peak | 1 000 | 2 000 000 |", table, StringComparison.Ordinal);
        Assert.Contains("2 000 000 allocations as one cluster, the fullest first", table, StringComparison.Ordinal);
        Assert.DoesNotContain("NaN", table, StringComparison.Ordinal);

        using var json = JsonDocument.Parse(JsonSerializer.Serialize(result, ResultJson.Default.PlanResult));
        Assert.Equal(2.5, json.RootElement.GetProperty("constants").GetProperty("mbps").GetDouble());
        Assert.Equal(2, json.RootElement.GetProperty("sizes").GetArrayLength());
    }

    [Fact]
    public void Every_constant_has_an_option_a_source_and_a_value_that_its_option_takes()
    {
        Assert.All(Constants.All, constant =>
        {
            Assert.InRange(constant.Value, constant.Least, constant.Most);
            Assert.NotEmpty(constant.Source);
        });
        Assert.Equal(typeof(Constants).GetFields().Length, Constants.All.Select(constant => constant.Name).Distinct().Count());
    }

    [Theory]
    [InlineData("--allocations", "0")]
    [InlineData("--allocations", "1e6")]
    [InlineData("--allocations", "1000,")]
    [InlineData("--mbps", "-1")]
    [InlineData("--target", "101")]
    [InlineData("--realms", "0")]
    [InlineData("--largest-realm", "0.5")]
    [InlineData("--edge-memory", "128", "--edge-idle", "200")]
    [InlineData("--price", "1")]
    public void What_cannot_be_planned_is_refused(params string[] options) => Assert.Throws<UsageException>(() => Parse(options));

    private static PlanFigures Plan(double allocations, params string[] options) => new Planner(Values(options)).Of(allocations);

    private static PlanValues Values(params string[] options) => Parse(options).Values;

    private static PlanOptions Parse(params string[] options) => PlanOptions.From(ParsedOptions.Parse(PlanOptions.Known, options));
}
