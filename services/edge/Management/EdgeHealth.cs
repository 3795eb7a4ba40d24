using Turnpike.ServiceDefaults;

namespace Turnpike.Edge.Management;

/// <summary>
/// A draining edge stays ready while it has allocations: kube-proxy forgets the UDP flows of endpoints that are not ready, which
/// would cut the very calls that the drain waits for.
/// </summary>
public sealed class EdgeHealth(IRelay relay) : IServiceHealth
{
    public string? NotReadyReason => relay.State switch
    {
        RelayState.Ready => relay.NotReadyReason,
        RelayState.Draining when relay.Allocations > 0 => null,
        RelayState.Draining => "draining, and no allocation is left",
        RelayState.Starting => relay.NotReadyReason ?? "the relay is starting",
        _ => relay.NotReadyReason ?? "the relay has stopped",
    };

    public string? NotAliveReason => relay.State == RelayState.Stopped ? relay.NotReadyReason ?? "the relay has stopped" : null;
}
