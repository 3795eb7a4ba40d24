using System.Net;
using Turnpike.Interop.Clients;
using Turnpike.Interop.Servers;

namespace Turnpike.Interop;

/// <summary>Ends what a test started, and shows the servers' logs when the test failed.</summary>
public abstract class InteropTest : IAsyncDisposable
{
    private readonly List<TurnServer> _servers = [];
    private readonly List<IAsyncDisposable> _others = [];

    public async ValueTask DisposeAsync()
    {
        foreach (IAsyncDisposable other in _others)
        {
            await other.DisposeAsync();
        }

        foreach (TurnServer server in _servers)
        {
            await server.DisposeAsync();
            if (TestContext.Current.TestState?.Result == TestResult.Failed)
            {
                TestContext.Current.TestOutputHelper?.WriteLine($"The log of {server.GetType().Name} at {server.EndPoint}:\n{server.Log}");
            }
        }

        GC.SuppressFinalize(this);
    }

    private protected async Task<TurnServer> StartServerAsync(ServerSettings? settings = null) =>
        Track(await Target.StartAsync(settings ?? new ServerSettings()));

    private protected async Task<EdgeServer> StartEdgeAsync(ServerSettings? settings = null, params (string Key, string Value)[] more) =>
        Track(await EdgeServer.StartAsync(settings ?? new ServerSettings(), more));

    private protected async Task<CoturnServer> StartCoturnAsync(ServerSettings? settings = null) =>
        Track(await CoturnServer.StartAsync(settings ?? new ServerSettings()));

    private protected async Task<EchoPeer> StartEchoPeerAsync(IPAddress address)
    {
        var peer = await EchoPeer.StartAsync(address);
        _others.Add(peer);
        return peer;
    }

    private T Track<T>(T server)
        where T : TurnServer
    {
        _servers.Add(server);
        return server;
    }
}
