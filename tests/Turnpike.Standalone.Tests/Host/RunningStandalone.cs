using Turnpike.Standalone.Tests.Host;

[assembly: AssemblyFixture(typeof(RunningStandalone))]

namespace Turnpike.Standalone.Tests.Host;

/// <summary>One standalone as <c>make run</c> starts it, for the tests that only look at it or make calls of their own.</summary>
public sealed class RunningStandalone : IAsyncLifetime
{
    private StandaloneProcess? _process;

    internal StandaloneProcess Process => _process!;

    public async ValueTask InitializeAsync() => _process = await StandaloneProcess.StartAsync();

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }
    }
}
