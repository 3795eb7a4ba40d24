using System.Runtime.InteropServices;

namespace Turnpike.LoadTest.ControlPlane;

/// <summary>Sleeps in the kernel, to some tens of microseconds: timers of the runtime go by the millisecond.</summary>
internal static class Pace
{
    private const int Monotonic = 1;
    private const long NanosecondsPerSecond = 1_000_000_000;

    public static void Sleep(long nanoseconds)
    {
        if (nanoseconds > 0)
        {
            // A signal may wake it early, and who waits for a time looks at the clock anyway.
            _ = ClockNanosleep(Monotonic, 0, new Timespec(nanoseconds / NanosecondsPerSecond, nanoseconds % NanosecondsPerSecond), 0);
        }
    }

    [DllImport("libc", EntryPoint = "clock_nanosleep")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int ClockNanosleep(int clock, int flags, in Timespec request, nint remaining);

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct Timespec(nint Seconds, nint Nanoseconds)
    {
        public Timespec(long seconds, long nanoseconds)
            : this((nint)seconds, (nint)nanoseconds)
        {
        }
    }
}
