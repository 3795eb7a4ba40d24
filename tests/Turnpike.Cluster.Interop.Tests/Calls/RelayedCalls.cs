using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Turnpike.Interop.Processes;
using Turnpike.LoadTest.Measuring;
using Turnpike.LoadTest.Relay;
using Turnpike.LoadTest.Turn;
using Turnpike.Protocol;
using Turnpike.Sockets;

namespace Turnpike.Cluster.Interop.Calls;

/// <summary>
/// Calls through one or several edges, from the first Allocate to the deletion, on a thread of their own so that nothing in the test
/// delays them. Every packet says its call, direction and number, so a lost one is known to be lost.
/// <code>
///   client i ── ChannelData ──▶ edge ── relayed address ──▶ peer i
///   client i ◀── ChannelData ── edge ◀── relayed address ── peer i
/// </code>
/// </summary>
internal sealed class RelayedCalls : IDatagramHandler, IAsyncDisposable
{
    private const ushort FirstChannel = 0x4000;
    private const int Burst = 64;
    private const long Second = 1_000_000_000;
    private const long QuietAfter = 2 * Second;

    // A second without scheduling, twice over; the kernel grants up to net.core.rmem_max.
    private static readonly DatagramSocketOptions Buffers = new() { ReceiveBuffer = 1 << 20, SendBuffer = 1 << 20 };
    private static readonly TimeSpan SetupDeadline = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan AnswerDeadline = TimeSpan.FromSeconds(20);

    private readonly CallSettings _settings;
    private readonly MonotonicClock _clock = new(TimeProvider.System);
    private readonly DatagramReactor _reactor = DatagramReactor.Create();
    private readonly ConcurrentQueue<Action> _orders = new();
    private readonly List<Call> _calls = [];
    private readonly FlowTraffic[] _up;
    private readonly FlowTraffic[] _down;
    private readonly uint _run = BitConverter.ToUInt32(RandomNumberGenerator.GetBytes(sizeof(uint)));
    private readonly byte[] _filler;
    private readonly Thread _thread;
    private Schedule _schedule;
    private long _next;
    private bool _sending;
    private volatile bool _ended;

    private RelayedCalls(IReadOnlyList<IPEndPoint> edges, Func<int, TurnCredential> credential, CallSettings settings)
    {
        _settings = settings;
        _filler = RandomNumberGenerator.GetBytes(settings.PayloadBytes);
        _up = [.. edges.Select(_ => new FlowTraffic(settings.Calls))];
        _down = [.. edges.Select(_ => new FlowTraffic(settings.Calls))];
        for (int i = 0; i < settings.Calls; i++)
        {
            _calls.Add(Open(i, edges, credential(i)));
        }

        _thread = new Thread(Run) { IsBackground = true, Name = "relayed calls" };
    }

    /// <summary>Makes the calls, each with the credential of its number, and starts their traffic once all of them are up.</summary>
    public static async Task<RelayedCalls> StartAsync(
        IReadOnlyList<IPEndPoint> edges, Func<int, TurnCredential> credential, CallSettings? settings = null)
    {
        var calls = new RelayedCalls(edges, credential, settings ?? new CallSettings());
        try
        {
            foreach (Call call in calls._calls)
            {
                call.Flow.Allocation.Start(calls._clock.Now);
            }

            calls._thread.Start();
            await calls.UntilAsync("all calls are up or refused", SetupDeadline, call => call.IsUp || call.HasFailed);
            CallReport report = await calls.ReportAsync();
            Assert.True(report.Failures.Count == 0, $"{report.Failures.Count} calls did not start: {string.Join("; ", report.Failures.Distinct())}");
            await calls.OnThreadAsync(calls.BeginTraffic);
            return calls;
        }
        catch
        {
            await calls.DisposeAsync();
            throw;
        }
    }

    /// <summary>What was sent and received until now; up to some packets are under way.</summary>
    public async Task<CallReport> ReportAsync()
    {
        CallReport? report = null;
        await OnThreadAsync(() => report = Read());
        return report!;
    }

    /// <summary>Goes on until every call has refreshed its allocation so many times more.</summary>
    public async Task ContinueAsync(int refreshes)
    {
        Dictionary<Call, int> before = [];
        await OnThreadAsync(() => before = _calls.ToDictionary(call => call, call => call.Flow.Allocation.Refreshed));
        TimeSpan deadline = (_settings.RefreshEvery * refreshes) + AnswerDeadline;
        await UntilAsync("all calls refreshed", deadline, call => call.Flow.Allocation.Refreshed >= before[call] + refreshes);
    }

    /// <summary>Ends the traffic, waits for what is under way, and leaves the allocations as they are.</summary>
    public async Task<CallReport> StopTrafficAsync()
    {
        await OnThreadAsync(() => _sending = false);
        long lost = -1;
        long since = _clock.Now;
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        while (true)
        {
            // On a busy machine an edge may not run for a while: what has not come then is under way, not lost.
            CallReport report = await ReportAsync();
            if (report.Lost == 0 || (report.Lost == lost && _clock.Now - since > QuietAfter))
            {
                return report;
            }

            since = report.Lost == lost ? since : _clock.Now;
            lost = report.Lost;
            await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Deletes every allocation that still lives, as clients do that hang up.</summary>
    public async Task HangUpAsync()
    {
        await OnThreadAsync(() =>
        {
            _sending = false;
            foreach (Call call in _calls.Where(call => call.IsUp))
            {
                call.Flow.Allocation.Delete(_clock.Now);
            }
        });
        await UntilAsync("all calls are deleted", AnswerDeadline, call => call.IsOver || call.HasFailed);
    }

    /// <summary>Waits until an edge has ended so many calls: their refresh, or their deletion, is refused or stays unanswered.</summary>
    public Task UntilFailedAsync(int calls, TimeSpan deadline) =>
        UntilCountAsync($"{calls} calls failed", deadline, call => call.HasFailed, calls);

    public async ValueTask DisposeAsync()
    {
        _ended = true;
        _reactor.Wake();
        if (_thread.IsAlive)
        {
            await Task.Run(_thread.Join);
        }

        _reactor.Dispose();
    }

    void IDatagramHandler.OnDatagram(DatagramSocket socket, in ReceivedDatagram datagram)
    {
        ReadOnlySpan<byte> bytes = datagram.Payload;
        var call = (Call)socket.State!;
        if (socket == call.Peer)
        {
            Count(_up, call, bytes, isUp: true);
        }
        else if (ChannelData.TryParse(bytes, out ushort number, out ReadOnlySpan<byte> data) && number == call.Flow.Allocation.Channel)
        {
            Count(_down, call, data, isUp: false);
        }
        else if (StunMessage.TryParse(bytes, out StunMessage message) == StunParseResult.Ok && message.Class != StunClass.Indication)
        {
            call.Flow.Allocation.OnMessage(message, _clock.Now);
        }
    }

    void IDatagramHandler.OnIcmpError(DatagramSocket socket, in IcmpError error)
    {
        // Sockets are opened without error reports: the missing answer tells.
    }

    private void Run()
    {
        while (!_ended)
        {
            while (_orders.TryDequeue(out Action? order))
            {
                order();
            }

            foreach (Call call in _calls)
            {
                ReadOnlySpan<byte> request = call.Flow.Allocation.TakeDue(_clock.Now);
                if (request.Length != 0)
                {
                    _reactor.Send(call.Flow.Socket, request, call.Edge, default);
                }
            }

            SendDue();
            _reactor.Poll(1, this);
        }
    }

    private void BeginTraffic()
    {
        foreach (Call call in _calls)
        {
            call.Flow.TakeRelayedAddress();
        }

        double rate = 2.0 * _calls.Count * _settings.PacketsPerSecond;
        _schedule = new Schedule(_clock.Now, rate, warmupSeconds: 0, seconds: 0);
        _sending = true;
    }

    private void SendDue()
    {
        long now = _clock.Now;
        for (int sent = 0; _sending && sent < Burst && _schedule.DueAt(_next) <= now; sent++, _next++)
        {
            Call call = _calls[(int)((_next >> 1) % _calls.Count)];
            if (call.IsUp)
            {
                Send(call, isUp: (_next & 1) == 0);
            }
        }
    }

    private void Send(Call call, bool isUp)
    {
        int index = call.Flow.Index;
        long sequence = (isUp ? _up : _down)[call.EdgeIndex].OnSend(index, measured: true);
        int header = isUp ? ChannelData.HeaderLength : 0;
        Span<byte> datagram = _reactor.Rent(header + _filler.Length);
        if (isUp)
        {
            ChannelData.WriteHeader(datagram, call.Flow.Allocation.Channel, _filler.Length);
        }

        _filler.CopyTo(datagram[header..]);
        new PacketStamp(_run, index, isUp, sequence, DueAt: 0).Write(datagram[header..]);
        _reactor.Send(isUp ? call.Flow.Socket : call.Peer, datagram, isUp ? call.Edge : call.Flow.Relayed, default);
    }

    private void Count(FlowTraffic[] traffic, Call call, ReadOnlySpan<byte> payload, bool isUp)
    {
        if (PacketStamp.TryRead(payload, out PacketStamp stamp) && stamp.Run == _run && stamp.IsUp == isUp && stamp.Flow == call.Flow.Index)
        {
            traffic[call.EdgeIndex].OnReceive(stamp.Flow, stamp.Sequence, measured: true, latency: 0);
        }
    }

    private CallReport Read() => new(
        _calls.Count,
        _settings.PayloadBytes,
        [.. _calls.Select(call => call.Flow.Allocation.Failure).OfType<string>()],
        _calls.Sum(call => (long)call.Flow.Allocation.Refreshed),
        [.. _up.Select(CallTraffic.Of)],
        [.. _down.Select(CallTraffic.Of)]);

    private Task OnThreadAsync(Action action)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _orders.Enqueue(() =>
        {
            action();
            done.SetResult();
        });
        _reactor.Wake();
        return done.Task.WaitAsync(AnswerDeadline, TestContext.Current.CancellationToken);
    }

    private Task UntilAsync(string what, TimeSpan deadline, Func<Call, bool> holds) => UntilCountAsync(what, deadline, holds, _calls.Count);

    private async Task UntilCountAsync(string what, TimeSpan deadline, Func<Call, bool> holds, int expected)
    {
        int count = 0;
        string failures = "";
        void Look()
        {
            count = _calls.Count(holds);
            failures = string.Join("; ", _calls.Select(call => call.Flow.Allocation.Failure).OfType<string>().Distinct());
        }

        try
        {
            await Deadline.UntilAsync(what, deadline, async () =>
            {
                await OnThreadAsync(Look);
                return count >= expected;
            });
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException(string.Create(CultureInfo.InvariantCulture, $"{e.Message}: {count} of {expected}; failures: {failures}"));
        }
    }

    private Call Open(int index, IReadOnlyList<IPEndPoint> edges, TurnCredential credential)
    {
        int edge = index % edges.Count;
        var local = SocketEndpoint.From(new IPEndPoint(edges[edge].Address, 0));
        DatagramSocket peer = OpenSocket(local);
        var allocation = new TurnAllocation(credential, TransportAddress.From(peer.Local.ToIPEndPoint()), (ushort)(FirstChannel + index))
        {
            RefreshAfter = (long)(_settings.RefreshEvery.TotalSeconds * Second),
            RebindAfter = (long)(_settings.RebindEvery.TotalSeconds * Second),
        };
        var call = new Call(new Flow(index, allocation) { Socket = OpenSocket(local) }, peer, SocketEndpoint.From(edges[edge]), edge);
        call.Flow.Socket.State = call;
        peer.State = call;
        return call;
    }

    private DatagramSocket OpenSocket(in SocketEndpoint local) =>
        _reactor.TryOpen(local, Buffers, null, out DatagramSocket? socket, out SocketError error)
            ? socket
            : throw new InvalidOperationException($"a call's socket cannot be opened: {error}");
}
