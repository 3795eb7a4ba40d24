using Turnpike.LoadTest.Measuring;
using Turnpike.LoadTest.Relay;

namespace Turnpike.LoadTest.Bench;

/// <summary>What a server cost in the measured window: all its threads, and the kernel's that work for it where they are visible.</summary>
/// <param name="processId">The server.</param>
/// <param name="kernelThreads">Those that receive for it.</param>
/// <param name="time">For the length of the window.</param>
internal sealed class ServerCpuProbe(int processId, IReadOnlyList<int> kernelThreads, TimeProvider time) : IWindowProbe
{
    private CpuTime? _serverBefore;
    private CpuTime[] _kernelBefore = [];
    private long _openedAt;

    public double MicrosecondsPerPacket { get; private set; }

    /// <summary>Share of the window in which the server was ready to run and something else had its CPU: about 0 on a quiet machine.</summary>
    public double WaitedShare { get; private set; }

    public void Open()
    {
        _openedAt = time.GetTimestamp();
        _serverBefore = CpuTime.Read(processId);
        _kernelBefore = [.. kernelThreads.Select(CpuTime.Read)];
    }

    public void Close(long relayed)
    {
        CpuUse server = CpuTime.Read(processId).Since(_serverBefore!);
        long kernel = kernelThreads.Zip(_kernelBefore, (thread, before) => CpuTime.Read(thread).Since(before).Ran).Sum();
        MicrosecondsPerPacket = relayed == 0 ? 0 : (server.Ran + kernel) / 1e3 / relayed;
        WaitedShare = server.Waited / 1e9 / time.GetElapsedTime(_openedAt).TotalSeconds;
    }
}
