using System.Runtime.InteropServices;

namespace Turnpike.LoadTest.CommandLine;

/// <summary>
/// What signals do: the first ends the command in order (allocations are deleted, servers that were started are stopped), another one
/// ends the process.
/// </summary>
internal sealed class StopSignals(TimeProvider time) : IDisposable
{
    /// <summary>
    /// A signal that comes no later than this after the first is the first once more: timeout signals a process and then its group, and
    /// an end in the middle would leave the servers that were started behind.
    /// </summary>
    public static readonly TimeSpan Echo = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private long? _firstAt;

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => _stop.Token;

    /// <summary>A signal has come.</summary>
    public void OnSignal(PosixSignalContext context)
    {
        bool isFirst;
        lock (_gate)
        {
            isFirst = _firstAt is null;
            _firstAt ??= time.GetTimestamp();
            context.Cancel = time.GetElapsedTime(_firstAt.Value) <= Echo;
        }

        if (isFirst)
        {
            _stop.Cancel();
        }
    }

    public void Dispose() => _stop.Dispose();
}
