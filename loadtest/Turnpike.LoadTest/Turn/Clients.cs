using System.Net;
using System.Net.Sockets;
using Turnpike.LoadTest.Relay;
using Turnpike.Protocol;
using Turnpike.Sockets;

namespace Turnpike.LoadTest.Turn;

/// <summary>Opens clients of one server, each with an address of its own, and sends for them: over UDP by the reactor, else over a connection each.</summary>
internal sealed class Clients : IDisposable
{
    private const int FirstChannel = 0x4000;
    private const int Channels = 0x1000;
    private const int SocketBuffer = 512 * 1024;

    private static readonly TimeSpan ClosingPatience = TimeSpan.FromSeconds(2);

    private readonly DatagramReactor _reactor;
    private readonly Route _first;
    private readonly ITurnCredentials _credentials;
    private readonly StreamInbox _inbox;
    private readonly HashSet<StreamClient> _streams = [];
    private readonly List<StreamClient> _dirty = [];
    private readonly byte[] _scratch;

    /// <param name="reactor">Polled by <see cref="Poll"/>.</param>
    /// <param name="target">The server.</param>
    /// <param name="local">The address of the clients over UDP.</param>
    /// <param name="credentials">Who allocates.</param>
    public Clients(DatagramReactor reactor, TurnTarget target, IPAddress local, ITurnCredentials credentials)
    {
        _reactor = reactor;
        _first = new Route(target, local);
        _credentials = credentials;
        _inbox = new StreamInbox(reactor.Wake);
        _scratch = target.Transport == ClientTransport.Udp ? [] : new byte[StreamClient.LongestMessage];
    }

    public Framing Framing { get; init; }

    /// <summary>Gets what comes over connections; what comes over UDP goes to the handler of <see cref="Poll"/>.</summary>
    public IStreamHandler? Handler { get; set; }

    /// <summary>Those that servers sent elsewhere.</summary>
    public Redirections Redirections { get; } = new();

    /// <summary>What a new client allocates with.</summary>
    public TurnCredential Credential => _credentials.Current;

    /// <summary>Messages that a connection had no room for, though the server took what was written.</summary>
    public long SendDrops { get; private set; }

    /// <summary>Messages that came over connections and were not read in time.</summary>
    public long ReceiveDrops => _inbox.Dropped;

    /// <summary>A new client with an allocation that is yet to be made.</summary>
    /// <exception cref="TurnRefusedException">This host gives no socket.</exception>
    public Flow Open(int index, in TransportAddress peer) => Open(index, peer, _first);

    /// <summary>Closes the flow, and opens a client of the same server from another address.</summary>
    /// <exception cref="TurnRefusedException">This host gives no socket.</exception>
    public Flow Reopen(Flow flow)
    {
        Close(flow);
        return Open(flow.Index, flow.Allocation.Peer, flow.Route);
    }

    /// <summary>
    /// Closes the flow whose allocation failed because its server named another one (300 Try Alternate), and asks that one, with a client that knows no realm and
    /// no nonce yet. Null where the allocation failed otherwise, or where it is not to be followed, which its failure then says.
    /// </summary>
    public Flow? Follow(Flow flow, long now)
    {
        if (flow.Allocation.Alternate is not { } alternate)
        {
            return null;
        }

        Flow? fresh = null;
        if (flow.Route.TryFollow(alternate, out Route? way, out string? why))
        {
            try
            {
                fresh = Open(flow.Index, flow.Allocation.Peer, way);
            }
            catch (TurnRefusedException problem)
            {
                why = problem.Message;
            }
        }

        if (fresh is null)
        {
            flow.Allocation.Stay(why!);
            return null;
        }

        Redirections.Count(way!);
        (fresh.Previous, fresh.Churn) = (flow.Previous, flow.Churn);
        Close(flow);
        fresh.Allocation.Start(now);
        SendDue(fresh, now);
        return fresh;
    }

    private Flow Open(int index, in TransportAddress peer, Route way)
    {
        var channel = (ushort)(FirstChannel + (index % Channels));
        bool isStream = way.Target.Transport != ClientTransport.Udp;
        var allocation = new TurnAllocation(Credential, peer, channel) { Framing = Framing, IsReliable = isStream };
        try
        {
            return isStream ? OpenStream(index, allocation, way) : OpenDatagram(index, allocation, way);
        }
        catch (SocketException exception)
        {
            throw new TurnRefusedException($"the connection of client {index + 1} cannot be opened: {exception.Message}");
        }
    }

    /// <summary>Memory for a message of the flow, valid until the next <see cref="Rent"/>.</summary>
    public Span<byte> Rent(Flow flow, int length) => flow.Stream is null ? _reactor.Rent(length) : _scratch.AsSpan(0, length);

    public void Send(Flow flow, ReadOnlySpan<byte> message) => Send(flow, message, isBounded: true);

    private void Send(Flow flow, ReadOnlySpan<byte> message, bool isBounded)
    {
        if (flow.Stream is not { } stream)
        {
            _reactor.Send(flow.Socket, message, flow.Route.Server, default);
            return;
        }

        bool wasDirty = stream.IsDirty;
        if (!stream.TryWrite(message, isBounded))
        {
            SendDrops += stream.IsBlocked ? 0 : 1;
        }
        else if (!wasDirty)
        {
            _dirty.Add(stream);
        }
    }

    /// <summary>Sends the request that the flow's allocation has to send now.</summary>
    public void SendDue(Flow flow, long now)
    {
        ReadOnlySpan<byte> request = flow.Allocation.TakeDue(now);
        if (request.Length != 0)
        {
            Send(flow, request, isBounded: false);
        }
    }

    /// <summary>Sends what was appended, waits, and hands out what came.</summary>
    public void Poll(int timeoutMilliseconds, IDatagramHandler handler)
    {
        Flush();
        _reactor.Poll(timeoutMilliseconds, handler);
        if (Handler is not null)
        {
            _inbox.Drain(Handler);
        }
    }

    public void Flush()
    {
        foreach (StreamClient stream in _dirty)
        {
            stream.Flush();
        }

        _dirty.Clear();
        _reactor.Flush();
    }

    public void Close(Flow flow)
    {
        if (flow.Stream is not { } stream)
        {
            _reactor.Close(flow.Socket);
            return;
        }

        _streams.Remove(stream);
        _dirty.Remove(stream);
        stream.Abandon();
    }

    public void Dispose()
    {
        foreach (StreamClient stream in _streams)
        {
            stream.Dispose();
        }

        Task.WaitAll([.. _streams.Select(stream => stream.Ended)], ClosingPatience);
    }

    private Flow OpenStream(int index, TurnAllocation allocation, Route way)
    {
        var stream = new StreamClient(way.Target, _inbox);
        stream.Owner = new Flow(index, allocation) { Stream = stream, Route = way };
        _streams.Add(stream);
        return stream.Owner;
    }

    private Flow OpenDatagram(int index, TurnAllocation allocation, Route way)
    {
        var options = new DatagramSocketOptions { ReceiveBuffer = SocketBuffer, SendBuffer = SocketBuffer, ReceiveErrors = true };
        if (!_reactor.TryOpen(way.Local, options, null, out DatagramSocket? socket, out SocketError error))
        {
            throw new TurnRefusedException($"client socket {index + 1} on {way.Local.ToIPEndPoint().Address} cannot be opened: {error}");
        }

        var flow = new Flow(index, allocation) { Socket = socket, Route = way };
        socket.State = flow;
        return flow;
    }
}
