using System.Security.Cryptography;
using Turnpike.LoadTest.Relay;

namespace Turnpike.LoadTest.Scenarios;

/// <summary>One kind of traffic while it runs: its schedule, and what became of its packets.</summary>
/// <param name="plan">What it sends.</param>
/// <param name="firstNumber">The number of its first flow among the flows of all streams, as stamps tell it.</param>
/// <param name="firstFlow">The place of that flow among the allocations.</param>
internal sealed class TrafficStream(StreamPlan plan, int firstNumber, int firstFlow)
{
    /// <summary>Packets sent before packets are read again.</summary>
    private const int Round = 64;

    private Schedule _schedule;
    private long _next;

    public StreamPlan Plan { get; } = plan;

    public int FirstNumber { get; } = firstNumber;

    public int FirstFlow { get; } = firstFlow;

    public FlowTraffic Up { get; } = new(plan.Allocations);

    public FlowTraffic Down { get; } = new(plan.Allocations);

    /// <summary>What every payload is, but for its stamp.</summary>
    public byte[] Filler { get; } = RandomNumberGenerator.GetBytes(plan.PayloadBytes);

    public bool IsPairs { get; } = plan.Direction == Direction.Pairs;

    /// <summary>When the next packet is due; never, when all are sent.</summary>
    public long NextDue => _next == _schedule.Packets ? long.MaxValue : _schedule.DueAt(_next);

    /// <summary>How late a packet was sent at worst, in nanoseconds.</summary>
    public long WorstLateness { get; private set; }

    /// <summary>Measured packets that were sent later than is tolerated.</summary>
    public long Late { get; private set; }

    public bool IsMeasured(long dueAt) => _schedule.IsMeasured(dueAt);

    public void Begin(long start, double warmupSeconds, double seconds) =>
        _schedule = new Schedule(start, Plan.FullRate, warmupSeconds, seconds, Plan.Burst, Plan.Ramp);

    /// <summary>Sends what is due, a bounded number of packets a call.</summary>
    public void SendDue(long now, PacketSender sender)
    {
        long end = Math.Min(_next + Round, _schedule.Packets);
        bool both = Plan.Direction == Direction.Both;
        for (; _next < end; _next++)
        {
            long dueAt = _schedule.DueAt(_next);
            if (dueAt > now)
            {
                break;
            }

            bool isMeasured = _schedule.IsMeasured(dueAt);
            if (isMeasured)
            {
                long lateness = now - dueAt;
                WorstLateness = Math.Max(WorstLateness, lateness);
                Late += lateness > GeneratorResult.ToleratedLateness ? 1 : 0;
            }

            long burst = _next / Plan.Burst;
            bool isUp = both ? (burst & 1) == 0 : Plan.Direction != Direction.Down;
            int flow = (int)((both ? burst >> 1 : burst) % Plan.Allocations);
            sender.Send(this, flow, isUp, dueAt, isMeasured);
        }
    }

    public StreamResult ToResult(double seconds) => new(
        Plan.Name,
        Plan.Allocations,
        Plan.PayloadBytes,
        Plan.Burst,
        Plan.Direction,
        Plan.OfferedPacketsPerSecond(_schedule.WindowStart - _schedule.Start, _schedule.WindowEnd - _schedule.WindowStart),
        Plan.Direction == Direction.Down ? null : Up.ToResult(Plan.PayloadBytes, seconds),
        Plan.Direction is Direction.Up or Direction.Pairs ? null : Down.ToResult(Plan.PayloadBytes, seconds));
}
