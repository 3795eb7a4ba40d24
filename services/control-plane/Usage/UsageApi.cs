using Grpc.Core;
using Turnpike.Cluster;
using Turnpike.Contracts.V1;
using Turnpike.ControlPlane.Authorization;
using Turnpike.ControlPlane.Calls;

namespace Turnpike.ControlPlane.Usage;

/// <summary>What was relayed for whom, and what happened.</summary>
internal sealed class UsageApi(UsageQuery query, EventFeeds feeds, StreamGate gate, TimeProvider time) : UsageService.UsageServiceBase
{
    private const int LongestRealm = 255;

    public override Task<QueryUsageResponse> QueryUsage(QueryUsageRequest request, ServerCallContext context) =>
        query.ReadAsync(RealmOf(request.Parent), request);

    public override async Task StreamEvents(StreamEventsRequest request, IServerStreamWriter<StreamEventsResponse> responseStream, ServerCallContext context)
    {
        // Events of edges concern no realm, and have a log of their own.
        string name = RealmOf(request.Parent);
        string realm = name == "-" ? ClusterKeys.AllRealms : name;
        HashSet<Event.Types.Kind> kinds = [.. request.Kinds];
        if (kinds.Any(kind => kind == Event.Types.Kind.Unspecified || !Enum.IsDefined(kind)))
        {
            throw Problems.Invalid("kinds", "not a kind of event");
        }
        using IDisposable place = gate.Enter();
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, gate.Stopping);
        EventFeed feed = feeds.Take(realm);
        try
        {
            EventStream stream = new(feed, kinds, new BoundedWriter<StreamEventsResponse>(responseStream, context, time, end.Token), time);
            await stream.BeginAsync(request.ResumeToken);
            await stream.FollowAsync(end.Token);
        }
        catch (OperationCanceledException) when (gate.Stopping.IsCancellationRequested && !context.CancellationToken.IsCancellationRequested)
        {
            throw StreamGate.Ending();
        }
        finally
        {
            feeds.Return(feed);
        }
    }

    private static string RealmOf(string parent) =>
        MethodPolicy.RealmOf(parent) is { Length: > 0 and <= LongestRealm } realm && parent.Length == "realms/".Length + realm.Length
            ? realm
            : throw Problems.Invalid("parent", "not a name of the form realms/{realm}");
}
