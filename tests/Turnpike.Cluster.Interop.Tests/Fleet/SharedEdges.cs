using Turnpike.Stores;

namespace Turnpike.Cluster.Interop.Fleet;

/// <summary>A store and edges for all tests of a class; each test has a tenant of its own.</summary>
public abstract class SharedEdges(int count) : IAsyncLifetime
{
    private RedisServer _store = null!;

    internal EdgeFleet Fleet { get; } = new();

    internal ControlSide Control { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        _store = await RedisServer.StartAsync();
        Control = await ControlSide.OpenAsync(_store.ConnectionString);
        await Fleet.StartAsync([.. Enumerable.Repeat(_store.ConnectionString, count)]);
        await Control.UntilSettledAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Fleet.DisposeAsync();
        await Control.DisposeAsync();
        await _store.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}

public sealed class TwoEdges() : SharedEdges(2);

public sealed class FourEdges() : SharedEdges(4);
