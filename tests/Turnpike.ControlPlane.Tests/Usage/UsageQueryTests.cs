using System.Net.Http.Json;
using System.Text.Json;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Turnpike.Cluster;
using Turnpike.Contracts.V1;
using UsageBucket = Turnpike.Contracts.V1.UsageBucket;

namespace Turnpike.ControlPlane.Tests.Usage;

public sealed class UsageQueryTests : ControlPlaneTest
{
    private const string Parent = "realms/turnpike";

    // A whole hour, yesterday, so that nothing depends on the minute in which the test runs.
    private readonly DateTimeOffset _start = Hour(TimeProvider.System.GetUtcNow().AddHours(-20));

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        FakeTimeProvider clock = new(_start);
        ClusterOptions options = new() { Redis = Plane.Redis.ConnectionString };
        await using UsageLedger ledger = new(Plane.Store, "north-1", options, _ => null, clock, NullLoggerFactory.Instance);
        for (int minute = 0; minute < 3; minute++)
        {
            ledger.Add("turnpike", "alice", "red", Amount(100 + minute));
            ledger.Add("turnpike", "bob", "blue", Amount(10));
            ledger.Add("turnpike", "carol", "blue", Amount(1));
            clock.Advance(TimeSpan.FromMinutes(30));
            await ledger.FlushAsync();
        }
    }

    [Fact]
    public async Task Usage_of_a_realm_is_told_by_the_hour()
    {
        QueryUsageResponse response = await AskAsync(new QueryUsageRequest { Parent = Parent });
        Assert.Equal([_start, _start.AddHours(1)], response.Rows.Select(row => row.StartTime.ToDateTimeOffset()));
        Assert.Equal([223, 113], response.Rows.Select(row => row.Totals.BytesToPeers));
        UsageTotals totals = response.Rows[1].Totals;
        Assert.Equal((226, 3, 6, 3, 15), (totals.BytesToClients, totals.PacketsToPeers, totals.PacketsToClients, totals.Allocations, totals.AllocationTime.Seconds));
        Assert.Equal("", response.Rows[0].Key);
        Assert.Equal("", response.NextPageToken);
    }

    [Fact]
    public async Task Usage_is_told_by_tag_and_by_user_or_of_one_of_them()
    {
        QueryUsageResponse tags = await AskAsync(new QueryUsageRequest { Parent = Parent, GroupBy = UsageGrouping.Tag, Bucket = UsageBucket.Day });
        Assert.Equal(33, tags.Rows.Where(row => row.Key == "blue").Sum(row => row.Totals.BytesToPeers));
        Assert.Equal(303, tags.Rows.Where(row => row.Key == "red").Sum(row => row.Totals.BytesToPeers));
        QueryUsageResponse users = await AskAsync(new QueryUsageRequest { Parent = Parent, GroupBy = UsageGrouping.User });
        Assert.Equal(["alice", "bob", "carol", "alice", "bob", "carol"], users.Rows.Select(row => row.Key));
        QueryUsageResponse bob = await AskAsync(new QueryUsageRequest { Parent = Parent, GroupBy = UsageGrouping.User, Key = "bob" });
        Assert.Equal([20, 10], bob.Rows.Select(row => row.Totals.BytesToPeers));
        Assert.Empty((await AskAsync(new QueryUsageRequest { Parent = Parent, GroupBy = UsageGrouping.User, Key = "*" })).Rows);
    }

    [Fact]
    public async Task A_range_takes_in_the_bucket_of_its_start_and_leaves_out_its_end()
    {
        QueryUsageRequest request = new()
        {
            Parent = Parent,
            Bucket = UsageBucket.Minute,
            StartTime = Timestamp.FromDateTimeOffset(_start.AddSeconds(59)),
            EndTime = Timestamp.FromDateTimeOffset(_start.AddMinutes(30)),
        };
        Assert.Equal([_start], (await AskAsync(request)).Rows.Select(row => row.StartTime.ToDateTimeOffset()));
        request.EndTime = Timestamp.FromDateTimeOffset(_start.AddMinutes(30).AddTicks(1));
        Assert.Equal(2, (await AskAsync(request)).Rows.Count);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(6)]
    public async Task Pages_have_each_row_once(int size)
    {
        QueryUsageRequest request = new() { Parent = Parent, GroupBy = UsageGrouping.User, PageSize = size };
        List<string> rows = [];
        do
        {
            QueryUsageResponse response = await AskAsync(request);
            Assert.InRange(response.Rows.Count, 1, size);
            rows.AddRange(response.Rows.Select(row => $"{row.Key} {row.Totals.BytesToPeers}"));
            request.PageToken = response.NextPageToken;
        }
        while (request.PageToken.Length > 0);
        Assert.Equal(["alice 201", "bob 20", "carol 2", "alice 102", "bob 10", "carol 1"], rows);
    }

    [Fact]
    public async Task What_makes_no_sense_or_is_not_kept_is_refused()
    {
        Timestamp now = Timestamp.FromDateTimeOffset(TimeProvider.System.GetUtcNow());
        await Refused.FieldAsync("parent", () => AskAsync(new QueryUsageRequest { Parent = "turnpike" }));
        await Refused.FieldAsync("parent", () => AskAsync(new QueryUsageRequest { Parent = "realms/" }));
        await Refused.FieldAsync("bucket", () => AskAsync(new QueryUsageRequest { Parent = Parent, Bucket = (UsageBucket)9 }));
        await Refused.FieldAsync("group_by", () => AskAsync(new QueryUsageRequest { Parent = Parent, GroupBy = (UsageGrouping)9 }));
        await Refused.FieldAsync("key", () => AskAsync(new QueryUsageRequest { Parent = Parent, Key = "bob" }));
        await Refused.FieldAsync("page_token", () => AskAsync(new QueryUsageRequest { Parent = Parent, PageToken = "AAAAAAAAAAAA" }));
        await Refused.FieldAsync("start_time", () => AskAsync(new QueryUsageRequest { Parent = Parent, StartTime = now, EndTime = now }));
        await Refused.FieldAsync("start_time", () => AskAsync(new QueryUsageRequest { Parent = Parent, StartTime = new Timestamp { Seconds = 0 } }));
        await Refused.FieldAsync("start_time", () => AskAsync(new QueryUsageRequest
        {
            Parent = Parent,
            Bucket = UsageBucket.Minute,
            StartTime = now,
            EndTime = new Timestamp { Seconds = now.Seconds + (10_001 * 60) },
        }));
        await Refused.FieldAsync("end_time", () => AskAsync(new QueryUsageRequest { Parent = Parent, EndTime = new Timestamp { Seconds = long.MaxValue } }));
    }

    [Fact]
    public async Task An_issuer_reads_the_usage_of_its_realms_alone()
    {
        Assert.NotEmpty((await Plane.Usage(Tokens.Issuer).QueryUsageAsync(new QueryUsageRequest { Parent = Parent }, cancellationToken: Cancellation)).Rows);
        await Refused.WithAsync(StatusCode.PermissionDenied, async () => await Plane.Usage(Tokens.OtherIssuer).QueryUsageAsync(new QueryUsageRequest { Parent = Parent }));
    }

    [Fact]
    public async Task Usage_is_told_over_REST()
    {
        using HttpClient rest = Plane.Rest(Tokens.Viewer);
        JsonElement body = await rest.GetFromJsonAsync<JsonElement>("/v1/realms/turnpike/usage?groupBy=USAGE_GROUPING_TAG&key=red", Cancellation);
        Assert.Equal(["201", "102"], body.GetProperty("rows").EnumerateArray().Select(row => row.GetProperty("totals").GetProperty("bytesToPeers").ToString()));
    }

    private async Task<QueryUsageResponse> AskAsync(QueryUsageRequest request) =>
        await Plane.Usage(Tokens.Viewer).QueryUsageAsync(request, cancellationToken: Cancellation);

    private static UsageAmount Amount(long bytes) => new()
    {
        BytesToPeers = bytes,
        BytesToClients = bytes * 2,
        PacketsToPeers = 1,
        PacketsToClients = 2,
        Allocations = 1,
        AllocationSeconds = 5,
    };

    private static DateTimeOffset Hour(DateTimeOffset time) => new(time.Year, time.Month, time.Day, time.Hour, 0, 0, TimeSpan.Zero);
}
