using System.Globalization;
using System.Runtime.InteropServices;

namespace Turnpike.Sockets.Tests;

/// <summary>Lowers RLIMIT_NOFILE of this process to a little above its use, until disposed.</summary>
internal sealed partial class DescriptorLimit : IDisposable
{
    private const int FileDescriptors = 7;

    private readonly Limit _original;

    private DescriptorLimit(Limit original, ulong descriptors)
    {
        _original = original;
        Descriptors = descriptors;
        Set(original with { Soft = descriptors });
    }

    /// <summary>How many descriptors the process may have meanwhile. Some numbers below may be free already.</summary>
    public ulong Descriptors { get; }

    public static DescriptorLimit FewMore()
    {
        Assert.Equal(0, GetLimit(FileDescriptors, out Limit original));
        ulong highest = Directory.GetFiles("/proc/self/fd")
            .Max(path => ulong.Parse(Path.GetFileName(path), CultureInfo.InvariantCulture));
        return new DescriptorLimit(original, highest + 20);
    }

    public void Dispose() => Set(_original);

    private static void Set(Limit limit) => Assert.Equal(0, SetLimit(FileDescriptors, in limit));

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    private static partial int GetLimit(int resource, out Limit limit);

    [LibraryImport("libc", EntryPoint = "setrlimit")]
    private static partial int SetLimit(int resource, in Limit limit);

    private record struct Limit(ulong Soft, ulong Hard);
}
