using Turnpike.ControlPlane.Options;

namespace Turnpike.ControlPlane.Calls;

/// <summary>Counts the streams that are open, of all callers and methods, and lets no more in than the settings say.</summary>
public sealed class StreamGate(ControlPlaneSettings settings, IHostApplicationLifetime lifetime)
{
    private int _open;

    /// <summary>Streams that are open now.</summary>
    public int Open => Volatile.Read(ref _open);

    /// <summary>Cancelled when the process begins to stop: streams would keep it from ending.</summary>
    public CancellationToken Stopping => lifetime.ApplicationStopping;

    /// <summary>Takes a place; to be disposed of when the stream ends.</summary>
    /// <exception cref="Grpc.Core.RpcException">RESOURCE_EXHAUSTED.</exception>
    public IDisposable Enter()
    {
        if (Interlocked.Increment(ref _open) > settings.Options.MaxStreams)
        {
            Interlocked.Decrement(ref _open);
            throw Problems.TooMany(Limit.Streams, $"{settings.Options.MaxStreams} streams are open, which is what ControlPlane:MaxStreams allows.");
        }
        return new Place(this);
    }

    /// <summary>What a stream ends with when the process stops.</summary>
    public static Grpc.Core.RpcException Ending() =>
        Problems.Unavailable("STOPPING", "This process stops; call again to go on at another one.", TimeSpan.FromSeconds(1));

    private sealed class Place(StreamGate gate) : IDisposable
    {
        private int _left;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0)
            {
                Interlocked.Decrement(ref gate._open);
            }
        }
    }
}
