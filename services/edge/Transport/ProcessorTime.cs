using System.Globalization;

namespace Turnpike.Edge.Transport;

/// <summary>
/// The processor time that a thread has used, read by other threads from where Linux shows it, so that the thread itself does nothing
/// for it.
/// </summary>
internal sealed class ProcessorTime
{
    private const string ThreadLink = "/proc/thread-self";

    // proc(5): the unit of these files is 1/100 s on every architecture that Linux runs .NET on.
    private const int TicksPerSecond = 100;

    // Fields 14 and 15 are the times in user and kernel mode; counted from the one behind the name, which is the third.
    private const int UserTime = 11;
    private const int KernelTime = 12;

    private readonly string? _file;

    private ProcessorTime(string? file) => _file = file;

    /// <summary>Of the calling thread. Where the system does not show threads, that of the whole process stands for it.</summary>
    public static ProcessorTime OfThisThread()
    {
        // The link differs from thread to thread; its target does not.
        string? target = OperatingSystem.IsLinux() ? new FileInfo(ThreadLink).LinkTarget : null;
        string? file = target is null ? null : $"/proc/{target}/stat";
        return new ProcessorTime(File.Exists(file) ? file : null);
    }

    /// <summary>What it has used so far; that of a thread that has ended is zero.</summary>
    public TimeSpan Read()
    {
        if (_file is null)
        {
            return Environment.CpuUsage.TotalTime;
        }

        try
        {
            string text = File.ReadAllText(_file);
            string[] fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            long ticks = long.Parse(fields[UserTime], CultureInfo.InvariantCulture) + long.Parse(fields[KernelTime], CultureInfo.InvariantCulture);
            return TimeSpan.FromSeconds((double)ticks / TicksPerSecond);
        }
        catch (IOException)
        {
            return TimeSpan.Zero;
        }
    }
}
