using Grpc.Core;
using Turnpike.Cluster;
using Turnpike.Contracts.V1;
using Turnpike.ControlPlane.Calls;
using EdgeLoad = Turnpike.Cluster.EdgeLoad;

namespace Turnpike.ControlPlane.Fleet;

/// <summary>Lets callers follow the fleet. All of them look at the one list that the directory keeps.</summary>
internal sealed class EdgeWatch(EdgeDirectory directory, StreamGate gate, TimeProvider time)
{
    // Fresh loads are told this often; what an edge is or does, at once.
    private static readonly TimeSpan LoadInterval = TimeSpan.FromSeconds(3);

    public async Task FollowAsync(string region, IServerStreamWriter<WatchEdgesResponse> stream, ServerCallContext context)
    {
        using IDisposable place = gate.Enter();
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, gate.Stopping);
        IReadOnlyList<EdgeRecord> edges = await directory.KnownAsync();
        BoundedWriter<WatchEdgesResponse> writer = new(stream, context, time, end.Token);
        Dictionary<string, Told> told = new(StringComparer.Ordinal);
        try
        {
            while (true)
            {
                Task next = directory.Next;
                await TellAsync(edges, region, told, writer);
                await next.WaitAsync(end.Token);
                edges = directory.Current;
            }
        }
        catch (OperationCanceledException) when (gate.Stopping.IsCancellationRequested && !context.CancellationToken.IsCancellationRequested)
        {
            throw StreamGate.Ending();
        }
    }

    private async Task TellAsync(
        IReadOnlyList<EdgeRecord> edges, string region, Dictionary<string, Told> told, BoundedWriter<WatchEdgesResponse> writer)
    {
        HashSet<string> there = new(StringComparer.Ordinal);
        foreach (EdgeRecord edge in edges.Where(edge => region.Length == 0 || edge.Region == region))
        {
            there.Add(edge.Id);
            if (!told.TryGetValue(edge.Id, out Told? last) || IsNews(last, edge))
            {
                told[edge.Id] = new Told(edge, EdgeMessage.Of(edge), time.GetTimestamp());
                await writer.WriteAsync(new WatchEdgesResponse { Edge = told[edge.Id].Message });
            }
        }
        foreach (string gone in told.Keys.Where(id => !there.Contains(id)).ToArray())
        {
            await writer.WriteAsync(new WatchEdgesResponse { Edge = told[gone].Message, Gone = true });
            told.Remove(gone);
        }
    }

    // Messages are compared, not records: lists in a record are equal only to themselves.
    private bool IsNews(Told last, EdgeRecord edge)
    {
        if (last.Record.Load != edge.Load && time.GetElapsedTime(last.At) >= LoadInterval)
        {
            return true;
        }
        return !EdgeMessage.Of(edge with { Load = new EdgeLoad() }).Equals(EdgeMessage.Of(last.Record with { Load = new EdgeLoad() }));
    }

    private sealed record Told(EdgeRecord Record, Edge Message, long At);
}
