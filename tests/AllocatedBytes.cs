namespace Turnpike.Testing;

/// <summary>
/// What the calling thread allocates. A collection, which a test beside this one may cause, retires the thread's allocation buffer
/// and counts its unused rest as allocated; so what a collection came into is measured again, or left out. One that begins or ends
/// just then is not always seen to have come: what seems undisturbed and not free is measured again, too.
/// </summary>
internal static class AllocatedBytes
{
    private const int MaxAttempts = 50;
    private const int MaxUndisturbed = 3;

    /// <summary>The same of what measures itself, window by window; it may run several times.</summary>
    public static long Of(Func<long> measure)
    {
        long bytes = measure();
        for (int attempt = 1; attempt < MaxUndisturbed && bytes != 0; attempt++)
        {
            bytes = measure();
        }
        return bytes;
    }

    /// <summary>Bytes that the action allocates; it may run several times.</summary>
    public static long During(Action action)
    {
        int undisturbed = 0;
        for (int attempt = 1; ; attempt++)
        {
            AllocationWindow window = AllocationWindow.Open();
            action();
            long bytes = window.Bytes;
            undisturbed += window.IsDisturbed ? 0 : 1;
            if (bytes == 0 || undisturbed == MaxUndisturbed || attempt == MaxAttempts)
            {
                return bytes;
            }
        }
    }
}

/// <summary>A stretch of the calling thread's work.</summary>
internal readonly struct AllocationWindow
{
    private readonly long _before;
    private readonly int _collections;

    private AllocationWindow(long before, int collections)
    {
        _before = before;
        _collections = collections;
    }

    /// <summary>Bytes allocated since the window was opened.</summary>
    public long Bytes => GC.GetAllocatedBytesForCurrentThread() - _before;

    /// <summary>Whether a collection has come in between.</summary>
    public bool IsDisturbed => GC.CollectionCount(0) != _collections;

    public static AllocationWindow Open()
    {
        int collections = GC.CollectionCount(0);
        return new AllocationWindow(GC.GetAllocatedBytesForCurrentThread(), collections);
    }
}
