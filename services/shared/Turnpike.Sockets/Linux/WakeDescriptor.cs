using System.Diagnostics.CodeAnalysis;

namespace Turnpike.Sockets.Linux;

/// <summary>An eventfd that other threads set. Many sets coalesce into one write.</summary>
internal sealed unsafe class WakeDescriptor : IDisposable
{
    private readonly Lock _gate = new();
    private int _isSet;
    private bool _isClosed;

    private WakeDescriptor(int descriptor) => Descriptor = descriptor;

    public int Descriptor { get; }

    public static bool TryOpen([NotNullWhen(true)] out WakeDescriptor? wake, out int errno)
    {
        int descriptor = LibC.EventDescriptor(0, Option.NonBlocking | Option.CloseOnExec);
        errno = descriptor < 0 ? LibC.LastError : 0;
        wake = descriptor < 0 ? null : new WakeDescriptor(descriptor);
        return wake is not null;
    }

    public void Set()
    {
        if (Interlocked.Exchange(ref _isSet, 1) != 0)
        {
            return;
        }

        // The descriptor's number may belong to another file after disposal.
        lock (_gate)
        {
            if (!_isClosed)
            {
                ulong one = 1;
                LibC.Write(Descriptor, &one, sizeof(ulong));
            }
        }
    }

    /// <summary>
    /// Reads before it clears the mark: the other order would swallow a set that falls between. A set that comes before the mark is
    /// cleared needs no write, because the reactor's thread has not returned to its inbox yet.
    /// </summary>
    public void Reset()
    {
        ulong count;
        LibC.Read(Descriptor, &count, sizeof(ulong));
        Interlocked.Exchange(ref _isSet, 0);
    }

    public void Dispose()
    {
        lock (_gate)
        {
            if (!_isClosed)
            {
                _isClosed = true;
                _ = LibC.Close(Descriptor);
            }
        }
    }
}
