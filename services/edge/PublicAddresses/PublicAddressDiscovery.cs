using System.Net;
using Turnpike.Edge.Options;
using Turnpike.Edge.Transport;

namespace Turnpike.Edge.PublicAddresses;

/// <summary>
/// Finds out what clients are told of relay addresses that the settings do not name: what the Node's annotation says, else its
/// ExternalIP, else what a STUN server sees, else the address of the interface. Before the edge serves, and from time to time after that
/// while all that it knows are private addresses.
/// </summary>
internal sealed partial class PublicAddressDiscovery(
    EdgeSettings settings, EdgeRelay relay, TimeProvider time, ILogger<PublicAddressDiscovery> logger) : IHostedLifecycleService, IDisposable
{
    /// <summary>How often it is tried again.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(15);

    // The start does not wait for longer; what comes later is taken over then.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _stopping = new();
    private readonly NodeAddresses? _node = settings.Node is null ? null : new NodeAddresses(settings.Node);
    private readonly StunProbe _probe = new(settings.StunServers, time);
    private Task _running = Task.CompletedTask;
    private bool _saidWhy;

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        if (_node is not null || settings.StunServers.Count > 0)
        {
            await TryAsync();
            _running = RepeatAsync();
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        if (relay.PrivateReason is string why)
        {
            LogPrivate(logger, why);
        }
        return Task.CompletedTask;
    }

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await _running;
    }

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _stopping.Dispose();

    private async Task RepeatAsync()
    {
        while (relay.PrivateReason is not null && !_stopping.IsCancellationRequested)
        {
            await Task.Delay(Interval, time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await TryAsync();
        }
    }

    private async Task TryAsync()
    {
        using CancellationTokenSource late = new(Limit, time);
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(late.Token, _stopping.Token);
        List<IPAddress> open = [.. relay.UnnamedAddresses];
        Dictionary<IPAddress, IPAddress> found = [];
        NodeReport node = await ReadNodeAsync(end.Token);
        Assign(node.Annotated, "the Node's annotation");
        Assign(node.External, "the Node's ExternalIP");
        foreach (IPAddress local in settings.StunServers.Count > 0 ? open.ToArray() : [])
        {
            if (await ProbeAsync(local, end.Token) is { } outside)
            {
                Take(local, outside, "a STUN server");
            }
        }
        relay.Tell(found);

        // Each to the first address of its family that has none: a Node's address is that of its first interface.
        void Assign(IReadOnlyList<IPAddress> addresses, string source)
        {
            foreach (IPAddress address in addresses)
            {
                if (open.FirstOrDefault(local => local.AddressFamily == address.AddressFamily) is { } local)
                {
                    Take(local, address, source);
                }
            }
        }

        void Take(IPAddress local, IPAddress outside, string source)
        {
            // Two interfaces behind one address would give two clients the same relayed transport address.
            if (!found.ContainsValue(outside))
            {
                found[local] = outside;
                open.Remove(local);
                LogFound(logger, local, outside, source);
            }
        }
    }

    private async Task<NodeReport> ReadNodeAsync(CancellationToken cancellation)
    {
        try
        {
            return _node is null ? new NodeReport([], []) : await _node.ReadAsync(cancellation);
        }
        catch (Exception exception) when (NodeAddresses.Problem(exception) is not null)
        {
            if (!_saidWhy && !_stopping.IsCancellationRequested)
            {
                _saidWhy = true;
                LogNoNode(logger, settings.Node!.Resource.Segments[^1], NodeAddresses.Problem(exception)!);
            }
            return new NodeReport([], []);
        }
    }

    private async Task<IPAddress?> ProbeAsync(IPAddress local, CancellationToken cancellation)
    {
        try
        {
            return await _probe.FindAsync(local, cancellation);
        }
        catch (OperationCanceledException)
        {
            return null; // The time is over.
        }
    }

    [LoggerMessage(EventId = 1030, Level = LogLevel.Information, Message = "Clients are told {Outside} of {Local}, as {Source} says")]
    private static partial void LogFound(ILogger logger, IPAddress local, IPAddress outside, string source);

    [LoggerMessage(EventId = 1031, Level = LogLevel.Warning, Message = "The Node {Node} cannot be read for its public addresses: {Problem}")]
    private static partial void LogNoNode(ILogger logger, string node, string problem);

    [LoggerMessage(EventId = 1032, Level = LogLevel.Warning, Message = "Not ready: {Why}")]
    private static partial void LogPrivate(ILogger logger, string why);
}
