using System.Numerics;
using System.Security.Cryptography;
using Turnpike.LoadTest.Measuring;
using Turnpike.LoadTest.Relay;
using Turnpike.LoadTest.Turn;
using Turnpike.Sockets;

namespace Turnpike.LoadTest.Scenarios;

/// <summary>
/// The packets of calls that come and go: each client sends a few, the first as soon as its peer is bound and the others evenly over the time that it holds its
/// allocation, and the peer sends each of them back. Counted apart from the streams' packets, as what they tell is how long a call takes to begin.
/// <code>
///   client ── packet n ──▶ server ── relayed address ──▶ peer
///   client ◀── packet n ── server ◀── relayed address ── peer
/// </code>
/// </summary>
/// <param name="plan">How many each client sends.</param>
/// <param name="run">Tells this run's packets from those of others.</param>
/// <param name="firstNumber">The numbers in stamps from here on are those of clients that come and go.</param>
/// <param name="sender">Sends for clients and peer.</param>
/// <param name="clock">The run's.</param>
internal sealed class ChurnPackets(ChurnPlan plan, uint run, int firstNumber, PacketSender sender, MonotonicClock clock)
{
    /// <summary>Packets of one client are remembered in the bits of a word.</summary>
    public const int Most = 64;

    public const int PayloadBytes = 160;

    /// <summary>Numbers are used again after so many clients; far fewer are there at a time.</summary>
    private const long Numbers = 1 << 24;

    /// <summary>An allocation is kept for so long, in nanoseconds, after its last packet when answers are missing.</summary>
    private const long AnswerPatience = 1_000_000_000;

    private const int SentPerRound = 64;

    private readonly byte[] _filler = RandomNumberGenerator.GetBytes(PayloadBytes);
    private readonly Dictionary<int, ChurnClient> _clients = [];
    private readonly PriorityQueue<ChurnClient, long> _due = new();
    private readonly LatencyHistogram _roundTrip = new();
    private readonly LatencyHistogram _firstAnswer = new();
    private long _opened;
    private bool _isOver;

    /// <summary>Packets of clients whose Allocate was due in the measured time.</summary>
    public long Sent { get; private set; }

    /// <summary>Those of them that came back.</summary>
    public long Answered { get; private set; }

    /// <summary>When the last one came back.</summary>
    public long LastAnswer { get; private set; }

    /// <summary>Packets of <see cref="Sent"/> that were sent later than is tolerated.</summary>
    public long Late { get; private set; }

    /// <summary>How late a packet was sent at worst, in nanoseconds.</summary>
    public long WorstLateness { get; private set; }

    /// <summary>The client's peer is bound: its first packet is due.</summary>
    public void Begin(ChurnClient client, long now)
    {
        if (plan.Packets == 0 || _isOver)
        {
            return;
        }

        client.Flow.TakeRelayedAddress();
        client.Number = firstNumber + (int)(_opened++ % Numbers);
        client.FirstPacketAt = now;
        client.PacketEvery = Math.Max(0, client.DeleteAt!.Value - now) / plan.Packets;
        _clients[client.Number] = client;
        _due.Enqueue(client, now);
    }

    /// <summary>Sends what is due, a bounded number of packets a call.</summary>
    public void SendDue(long now)
    {
        for (int i = 0; i < SentPerRound && !_isOver && _due.TryPeek(out ChurnClient? client, out long dueAt) && dueAt <= now; i++)
        {
            _due.Dequeue();
            if (client.Flow.Allocation.Stage == AllocationStage.Ready)
            {
                Send(client, dueAt, now);
            }
        }
    }

    /// <summary>The measured time is over: what was not sent yet never is.</summary>
    public void End() => _isOver = true;

    /// <summary>The client has nothing to wait for before it deletes its allocation.</summary>
    public bool IsDone(ChurnClient client, long now) =>
        plan.Packets == 0
        || _isOver
        || (client.PacketsSent == plan.Packets
            && (BitOperations.PopCount(client.Answers) == plan.Packets || now - client.LastPacketAt >= AnswerPatience));

    /// <summary>The client is gone, and its number with it.</summary>
    public void Forget(ChurnClient client) => _clients.Remove(client.Number);

    /// <summary>At the peer: sends a client's packet back to where it came from.</summary>
    /// <returns>False for what is no packet of a client, or not from its relayed address.</returns>
    public bool TryEcho(ReadOnlySpan<byte> payload, in SocketEndpoint source)
    {
        if (!TryTake(payload, out PacketStamp stamp) || !stamp.IsUp)
        {
            return false;
        }

        if (!_clients.TryGetValue(stamp.Flow, out ChurnClient? client))
        {
            return stamp.Flow < firstNumber + Math.Min(_opened, Numbers); // late, of one that is gone
        }

        if (source != client.Flow.Relayed)
        {
            return false;
        }

        sender.SendFromPeer(source, _filler, stamp with { IsUp = false });
        return true;
    }

    /// <summary>At the client: counts what the peer sent back.</summary>
    /// <returns>False for what is no packet of this client.</returns>
    public bool TryCount(ChurnClient client, ReadOnlySpan<byte> payload)
    {
        if (!TryTake(payload, out PacketStamp stamp) || stamp.IsUp || stamp.Flow != client.Number || stamp.Sequence >= client.PacketsSent)
        {
            return false;
        }

        ulong bit = 1UL << (int)stamp.Sequence;
        bool isFirst = client.Answers == 0;
        bool isNew = (client.Answers & bit) == 0;
        client.Answers |= bit;
        if (isNew && client.IsMeasured)
        {
            LastAnswer = clock.Now;
            Answered++;
            _roundTrip.Add(LastAnswer - stamp.DueAt);
            if (isFirst)
            {
                _firstAnswer.Add(LastAnswer - client.DueAt);
            }
        }

        return true;
    }

    /// <summary>Null where clients send none.</summary>
    public ChurnPacketsResult? ToResult() => plan.Packets == 0
        ? null
        : new ChurnPacketsResult(
            plan.Packets,
            PayloadBytes,
            Sent,
            Answered,
            DirectionResult.PercentLost(Sent, Answered),
            LatencyResult.From(_roundTrip),
            LatencyResult.From(_firstAnswer));

    private void Send(ChurnClient client, long dueAt, long now)
    {
        if (client.IsMeasured)
        {
            Sent++;
            WorstLateness = Math.Max(WorstLateness, now - dueAt);
            Late += now - dueAt > GeneratorResult.ToleratedLateness ? 1 : 0;
        }

        client.LastPacketAt = now;
        sender.SendFromClient(client.Flow, _filler, new PacketStamp(run, client.Number, IsUp: true, client.PacketsSent++, dueAt));
        if (client.PacketsSent < plan.Packets)
        {
            _due.Enqueue(client, client.FirstPacketAt + (client.PacketsSent * client.PacketEvery));
        }
    }

    private bool TryTake(ReadOnlySpan<byte> payload, out PacketStamp stamp) =>
        PacketStamp.TryRead(payload, out stamp)
        && stamp.Run == run
        && stamp.Flow >= firstNumber
        && (ulong)stamp.Sequence < Most
        && payload[PacketStamp.Length..].SequenceEqual(_filler.AsSpan(PacketStamp.Length));
}
