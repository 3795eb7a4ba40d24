using System.Globalization;
using System.Runtime.InteropServices;

namespace Turnpike.LoadTest.Measuring;

/// <summary>Which CPUs this process may use, and confining it to one of them.</summary>
internal static class CpuAffinity
{
    public const int MaximumCpus = 1024;

    public static IReadOnlyList<int> Allowed()
    {
        const string Key = "Cpus_allowed_list:";
        string line = File.ReadLines("/proc/self/status").First(each => each.StartsWith(Key, StringComparison.Ordinal));
        return ParseList(line[Key.Length..]);
    }

    /// <summary>Parses the kernel's list form, such as <c>0-2,5</c>.</summary>
    public static IReadOnlyList<int> ParseList(string text)
    {
        var cpus = new List<int>();
        foreach (string part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            string[] bounds = part.Split('-');
            int first = int.Parse(bounds[0], NumberStyles.None, CultureInfo.InvariantCulture);
            int last = int.Parse(bounds[^1], NumberStyles.None, CultureInfo.InvariantCulture);
            cpus.AddRange(Enumerable.Range(first, last - first + 1));
        }

        return cpus;
    }

    /// <summary>Confines every thread that the process has now; threads started later inherit it from these.</summary>
    public static void PinThisProcess(int cpu)
    {
        foreach (string folder in Directory.EnumerateDirectories("/proc/self/task"))
        {
            Pin(int.Parse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture), cpu);
        }
    }

    /// <summary>Confines one thread, of this process or of another one.</summary>
    public static void Pin(int thread, int cpu)
    {
        ulong[] mask = new ulong[MaximumCpus / 64];
        mask[cpu / 64] = 1UL << (cpu % 64);
        if (SetAffinity(thread, MaximumCpus / 8, mask) != 0 && Marshal.GetLastPInvokeError() != NoSuchThread)
        {
            throw new InvalidOperationException(
                $"Thread {thread} cannot be pinned to CPU {cpu}: {Marshal.GetLastPInvokeErrorMessage()}.");
        }
    }

    private const int NoSuchThread = 3; // ESRCH: the thread ended meanwhile

    [DllImport("libc", EntryPoint = "sched_setaffinity", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetAffinity(int thread, nuint size, ulong[] mask);
}
