using System.Net;
using Turnpike.Cluster.Interop.Fleet;

namespace Turnpike.Cluster.Interop;

/// <summary>Ends what a test started, and shows the edges' logs when the test failed.</summary>
public abstract class ClusterTest : IAsyncDisposable
{
    private readonly Stack<IAsyncDisposable> _started = new();

    public async ValueTask DisposeAsync()
    {
        foreach (IAsyncDisposable each in _started)
        {
            await each.DisposeAsync();
            if (each is ILogging logging && TestContext.Current.TestState?.Result == TestResult.Failed)
            {
                TestContext.Current.TestOutputHelper?.WriteLine(logging.Log);
            }
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>Disposed when the test ends, the last one first.</summary>
    private protected T Track<T>(T started)
        where T : IAsyncDisposable
    {
        _started.Push(started);
        return started;
    }

    /// <summary>A network of its own between an edge and the store.</summary>
    private protected StoreProxy ProxyTo(IPEndPoint store) => Track(new StoreProxy(store));
}
