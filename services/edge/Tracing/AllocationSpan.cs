using System.Diagnostics;
using Turnpike.Edge.Transport;
using Turnpike.Server;

namespace Turnpike.Edge.Tracing;

/// <summary>
/// The span of one allocation's life. Of its shard's thread alone. Its attributes say how the client came, never who or where it is.
/// </summary>
internal sealed class AllocationSpan(Activity activity)
{
    /// <summary>Events of one span beside its end. A call of some hours has fewer; what a client does beyond them is only counted.</summary>
    public const int MaxEvents = 100;

    private int _events;
    private int _left;

    /// <summary>What other spans are children of.</summary>
    public ActivityContext Context { get; } = activity.Context;

    public void Begin(Allocation allocation)
    {
        activity
            .SetTag("turnpike.realm", allocation.Realm)
            .SetTag("turnpike.transport", RelayReport.Label(allocation.FiveTuple.Transport.ToString()))
            .SetTag("turnpike.family", (allocation.RelayIPv4, allocation.RelayIPv6) switch
            {
                (not null, not null) => "dual",
                (null, not null) => "ipv6",
                _ => "ipv4",
            });
        Add("created");
    }

    /// <param name="name">What has happened.</param>
    /// <param name="attribute">What there is to say about it; null: nothing.</param>
    /// <param name="value">The same.</param>
    public void Add(string name, string? attribute = null, object? value = null)
    {
        if (_events < MaxEvents)
        {
            _events++;
            Write(name, attribute, value);
        }
        else
        {
            _left++;
        }
    }

    public void End(Allocation allocation, AllocationEnd reason)
    {
        AllocationTraffic traffic = allocation.Traffic;
        activity
            .SetTag("turnpike.packets_to_peers", traffic.PacketsToPeers)
            .SetTag("turnpike.packets_to_client", traffic.PacketsToClients)
            .SetTag("turnpike.bytes_to_peers", traffic.BytesToPeers)
            .SetTag("turnpike.bytes_to_client", traffic.BytesToClients);
        if (_left > 0)
        {
            activity.SetTag("turnpike.events_left_out", _left);
        }

        Write("ended", "turnpike.reason", RelayReport.Label(reason.ToString()));
        activity.Stop();
    }

    /// <summary>The Allocate was refused, so there is nothing else to tell.</summary>
    public void Refuse(string realm, string reason)
    {
        activity.SetTag("turnpike.realm", realm).SetStatus(ActivityStatusCode.Error).SetTag("error.type", reason);
        Write("refused", "turnpike.reason", reason);
        activity.Stop();
    }

    private void Write(string name, string? attribute, object? value) => activity.AddEvent(
        new ActivityEvent(name, tags: attribute is null ? null : new ActivityTagsCollection { [attribute] = value }));
}
