using System.Globalization;
using Turnpike.LoadTest.Turn;

namespace Turnpike.LoadTest.Measuring;

/// <summary>Nanoseconds that threads ran, and nanoseconds that they were ready to run while others had the CPU.</summary>
internal readonly record struct CpuUse(long Ran, long Waited);

/// <summary>
/// What every thread of a process has used, from <c>/proc/PID/task/*/schedstat</c>. The time that the kernel spends in softirqs on
/// top of a thread is in that thread's figure.
/// </summary>
internal sealed class CpuTime
{
    private readonly Dictionary<string, CpuUse> _byThread;

    private CpuTime(Dictionary<string, CpuUse> byThread) => _byThread = byThread;

    /// <exception cref="TurnRefusedException">There is no such process any more.</exception>
    public static CpuTime Read(int processId)
    {
        string process = processId.ToString(CultureInfo.InvariantCulture);
        try
        {
            return Read($"/proc/{process}/task");
        }
        catch (IOException)
        {
            throw new TurnRefusedException($"process {process}, which was measured, has ended");
        }
    }

    /// <summary>Reads a <c>task</c> folder; a thread that ends meanwhile is left out.</summary>
    public static CpuTime Read(string taskFolder)
    {
        var byThread = new Dictionary<string, CpuUse>(StringComparer.Ordinal);
        foreach (string folder in Directory.EnumerateDirectories(taskFolder))
        {
            try
            {
                byThread[Path.GetFileName(folder)] = ParseSchedstat(File.ReadAllText(Path.Combine(folder, "schedstat")));
            }
            catch (IOException)
            {
                continue; // the thread ended between the listing and the reading
            }
        }

        return new CpuTime(byThread);
    }

    public static CpuUse ParseSchedstat(string text)
    {
        string[] fields = text.Split(' ');
        return fields.Length == 3
            && long.TryParse(fields[0], NumberStyles.None, CultureInfo.InvariantCulture, out long ran)
            && long.TryParse(fields[1], NumberStyles.None, CultureInfo.InvariantCulture, out long waited)
            ? new CpuUse(ran, waited)
            : throw new FormatException($"'{text.TrimEnd()}' is not a schedstat line.");
    }

    /// <summary>What the threads that live now have used since; a thread younger than <paramref name="earlier"/> counts whole.</summary>
    public CpuUse Since(CpuTime earlier)
    {
        long ran = 0;
        long waited = 0;
        foreach ((string thread, CpuUse now) in _byThread)
        {
            CpuUse before = earlier._byThread.GetValueOrDefault(thread);
            ran += now.Ran - before.Ran;
            waited += now.Waited - before.Waited;
        }

        return new CpuUse(ran, waited);
    }
}
