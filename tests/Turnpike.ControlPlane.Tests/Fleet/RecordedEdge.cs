using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Turnpike.Cluster;

namespace Turnpike.ControlPlane.Tests.Fleet;

/// <summary>An edge that is a member of the cluster, serves its management port, and has the allocations that it is told to have.</summary>
internal sealed class RecordedEdge : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ClusterKeyRing _keys;
    private readonly TestControlPlane _plane;

    private RecordedEdge(WebApplication app, EdgeRecord record, ClusterKeyRing keys, TestControlPlane plane)
    {
        (_app, Record, _keys, _plane) = (app, record, keys, plane);
    }

    public EdgeRecord Record { get; private set; }

    public string Name => $"edges/{Record.Id}";

    public List<AllocationRecord> Allocations { get; } = [];

    /// <summary>While true it accepts requests and does not answer.</summary>
    public bool Hangs { get; set; }

    /// <summary>What it answers instead, when set.</summary>
    public string? Garbage { get; set; }

    public int Asked { get; private set; }

    public static async Task<RecordedEdge> StartAsync(TestControlPlane plane, string name, string region = "")
    {
        ClusterKeyRing keys = await new KeyStore(plane.Store).EnsureAsync(null, 86_400, 3600);
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        WebApplication app = builder.Build();
        RecordedEdge edge = new(app, Make.Edge(name, region), keys, plane);
        app.MapGet(AllocationAccess.Path, edge.AnswerAsync);
        await app.StartAsync();
        await edge.BeatAsync(edge.Record with { Management = app.Urls.Single() });
        return edge;
    }

    /// <summary>Says what the edge is now.</summary>
    public async Task BeatAsync(EdgeRecord record)
    {
        Record = record;
        await _plane.BeatAsync(record);
    }

    /// <summary>Gives it allocations with these ids.</summary>
    public void Hold(string realm, string user, string tag, params long[] ids) => Allocations.AddRange(ids.Select(id => new AllocationRecord
    {
        Id = id,
        Realm = realm,
        User = user,
        Tag = tag,
        Transport = "udp",
        Client = "198.51.100.7:40000",
        Relayed = ["192.0.2.1:50000"],
        StartedAt = 1_700_000_000_500,
        Used = new UsageAmount { Allocations = 1, BytesToPeers = 10, BytesToClients = 20, PacketsToPeers = 1, PacketsToClients = 2 },
    }));

    /// <summary>Its port is closed; the store still has it.</summary>
    public Task CloseAsync() => _app.StopAsync();

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        Asked++;
        string proof = context.Request.Headers.Authorization.ToString()["Bearer ".Length..];
        if (!AllocationAccess.IsProof(proof, _keys, Record.Id, TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()))
        {
            context.Response.StatusCode = 401;
            return;
        }
        if (Hangs)
        {
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(static _ => { }, TaskScheduler.Default);
            return;
        }
        if (Garbage is not null)
        {
            await context.Response.WriteAsync(Garbage);
            return;
        }
        IQueryCollection query = context.Request.Query;
        long after = long.Parse(query["after"]!, CultureInfo.InvariantCulture);
        int count = int.Parse(query["count"]!, CultureInfo.InvariantCulture);
        AllocationRecord[] fitting =
        [
            .. Allocations.Where(allocation => allocation.Id > after
                && (query["realm"].Count == 0 || query["realm"].Contains(allocation.Realm))
                && (query["user"] == "" || query["user"] == allocation.User)
                && (query["tag"] == "" || query["tag"] == allocation.Tag)).OrderBy(allocation => allocation.Id),
        ];
        await new AllocationPage([.. fitting.Take(count)], fitting.Length > count).WriteAsync(context.Response.Body, context.RequestAborted);
    }
}
