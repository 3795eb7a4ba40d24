using System.Runtime.InteropServices;

namespace Turnpike.Sockets;

/// <summary>Which CPUs this process may run on, and how to keep a thread on one of them. Linux; elsewhere nothing is pinned.</summary>
public static unsafe partial class ThreadAffinity
{
    private const int MaskBytes = 128; // 1024 CPUs, the size of glibc's cpu_set_t

    /// <summary>The CPUs of the process's set, in ascending order; at least one.</summary>
    public static IReadOnlyList<int> Cpus { get; } = Read();

    /// <summary>Keeps the calling thread on one CPU.</summary>
    /// <param name="cpu">One of <see cref="Cpus"/>.</param>
    /// <returns>Whether the system did so.</returns>
    public static bool TryPin(int cpu)
    {
        if (!OperatingSystem.IsLinux() || cpu is < 0 or >= MaskBytes * 8)
        {
            return false;
        }

        byte* mask = stackalloc byte[MaskBytes];
        new Span<byte>(mask, MaskBytes).Clear();
        mask[cpu / 8] = (byte)(1 << (cpu % 8));
        return SetAffinity(0, MaskBytes, mask) == 0;
    }

    private static List<int> Read()
    {
        var cpus = new List<int>();
        byte* mask = stackalloc byte[MaskBytes];
        new Span<byte>(mask, MaskBytes).Clear();
        if (OperatingSystem.IsLinux() && GetAffinity(0, MaskBytes, mask) == 0)
        {
            for (int cpu = 0; cpu < MaskBytes * 8; cpu++)
            {
                if ((mask[cpu / 8] & (1 << (cpu % 8))) != 0)
                {
                    cpus.Add(cpu);
                }
            }
        }

        return cpus.Count > 0 ? cpus : [.. Enumerable.Range(0, Environment.ProcessorCount)];
    }

    [LibraryImport("libc", EntryPoint = "sched_setaffinity")]
    private static partial int SetAffinity(int pid, nuint size, byte* mask);

    [LibraryImport("libc", EntryPoint = "sched_getaffinity")]
    private static partial int GetAffinity(int pid, nuint size, byte* mask);
}
