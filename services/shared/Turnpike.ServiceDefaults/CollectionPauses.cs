using System.Runtime.CompilerServices;

namespace Turnpike.ServiceDefaults;

/// <summary>
/// Tells how long each garbage collection made the process wait. The runtime says so for the last collection only, so it is asked after each:
/// a finalizer runs then. Where it comes too late for one, the two are told as one pause: none is ever hidden, and the sum is right.
/// </summary>
internal sealed class CollectionPauses : IDisposable
{
    private readonly Action<TimeSpan> _tell;
    private TimeSpan _told = GC.GetTotalPauseDuration();
    private volatile bool _ended;

    /// <summary>Begins to tell.</summary>
    /// <param name="tell">Is called on the finalizers' thread, which must not wait and must not fail.</param>
    public CollectionPauses(Action<TimeSpan> tell)
    {
        _tell = tell;
        Await(this);
    }

    public void Dispose() => _ended = true;

    // Apart, so that no caller's frame keeps the notice alive.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Await(CollectionPauses pauses) => _ = new Notice(pauses);

    private void OnCollected()
    {
        TimeSpan total = GC.GetTotalPauseDuration();
        if (_ended)
        {
            return;
        }
        if (total > _told)
        {
            _tell(total - _told);
            _told = total;
        }
        Await(this);
    }

    /// <summary>Nobody refers to it, so the next collection, whatever its generation, finds it dead.</summary>
    private sealed class Notice(CollectionPauses pauses)
    {
        ~Notice() => pauses.OnCollected();
    }
}
