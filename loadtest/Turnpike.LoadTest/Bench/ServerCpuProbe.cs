using Turnpike.LoadTest.Measuring;
using Turnpike.LoadTest.Relay;

namespace Turnpike.LoadTest.Bench;

/// <summary>What a server cost in the measured window: all its threads, and the softirq thread of its CPU where it is visible.</summary>
internal sealed class ServerCpuProbe(int processId, int? softirqThread, TimeProvider time) : IWindowProbe
{
    private CpuTime? _serverBefore;
    private CpuTime? _softirqBefore;
    private long _openedAt;

    public double MicrosecondsPerPacket { get; private set; }

    /// <summary>Share of the window in which the server was ready to run and something else had its CPU: about 0 on a quiet machine.</summary>
    public double WaitedShare { get; private set; }

    public void Open()
    {
        _openedAt = time.GetTimestamp();
        _serverBefore = CpuTime.Read(processId);
        _softirqBefore = softirqThread is int thread ? CpuTime.Read(thread) : null;
    }

    public void Close(long relayed)
    {
        CpuUse server = CpuTime.Read(processId).Since(_serverBefore!);
        long softirq = softirqThread is int thread ? CpuTime.Read(thread).Since(_softirqBefore!).Ran : 0;
        MicrosecondsPerPacket = relayed == 0 ? 0 : (server.Ran + softirq) / 1e3 / relayed;
        WaitedShare = server.Waited / 1e9 / time.GetElapsedTime(_openedAt).TotalSeconds;
    }
}
