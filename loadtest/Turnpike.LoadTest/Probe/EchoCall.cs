using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Turnpike.LoadTest.Measuring;
using Turnpike.LoadTest.Turn;
using Turnpike.Protocol;
using Turnpike.Sockets;

namespace Turnpike.LoadTest.Probe;

/// <summary>
/// One call between two clients of the same server, each the peer of the other at its relayed transport address: it needs no peer that a server's
/// rules would have to allow.
/// <code>
///   caller ── ChannelData ──▶ relay A ── UDP ──▶ relay B ── ChannelData ──▶ callee
///   caller ◀── ChannelData ── relay A ◀── UDP ── relay B ◀── ChannelData ── callee
/// </code>
/// </summary>
internal sealed class EchoCall : IDatagramHandler, IDisposable
{
    private const ushort CallerChannel = 0x4000;
    private const ushort CalleeChannel = 0x4001;
    private const int PayloadBytes = 160;
    private const long ResendAfter = 500_000_000;
    private const long DeletionPatience = 2_000_000_000;

    private readonly IPEndPoint _server;
    private readonly SocketEndpoint _serverEndpoint;
    private readonly MonotonicClock _clock;
    private readonly long _patience;
    private readonly DatagramReactor _reactor = DatagramReactor.Create();
    private readonly TurnAllocation[] _clients;
    private readonly DatagramSocket[] _sockets;
    private readonly byte[] _payload = RandomNumberGenerator.GetBytes(PayloadBytes);
    private readonly HashSet<int> _missing;
    private readonly List<long> _roundTrips = [];
    private readonly long[] _sentAt;
    private bool _isUnreachable;

    /// <exception cref="TurnRefusedException">There is no way to the server.</exception>
    public EchoCall(IPEndPoint server, TurnCredential credential, int packets, TimeSpan patience, TimeProvider time)
    {
        _server = server;
        _serverEndpoint = SocketEndpoint.From(server);
        _clock = new MonotonicClock(time);
        _patience = (long)patience.TotalNanoseconds;
        _missing = [.. Enumerable.Range(0, packets)];
        _sentAt = new long[packets];
        // The peer of each is the other's relayed address, which is not known yet.
        TransportAddress peer = TransportAddress.From(server.Address, 0);
        _clients = [new(credential, peer, CallerChannel), new(credential, peer, CalleeChannel)];
        _sockets = [Open(0), Open(1)];
    }

    /// <summary>Makes the call and ends it.</summary>
    /// <exception cref="TurnRefusedException">The server refuses, or echoes are missing when the patience is over.</exception>
    public EchoResult Run(CancellationToken stop)
    {
        try
        {
            Reach(AllocationStage.Allocated, stop, start: client => client.Start(_clock.Now));
            _clients[0].Bind(_clients[1].Relayed, _clock.Now);
            _clients[1].Bind(_clients[0].Relayed, _clock.Now);
            Reach(AllocationStage.Ready, stop);
            Echo(stop);
            _roundTrips.Sort();
            return new EchoResult(_clients[0].Relayed, _clients[1].Relayed, _roundTrips.Count, _roundTrips[_roundTrips.Count / 2] / 1e6);
        }
        finally
        {
            Delete();
        }
    }

    public void Dispose() => _reactor.Dispose();

    public void OnDatagram(DatagramSocket socket, in ReceivedDatagram datagram)
    {
        int index = socket == _sockets[0] ? 0 : 1;
        if (ChannelData.TryParse(datagram.Payload, out ushort number, out ReadOnlySpan<byte> data))
        {
            if (number != _clients[index].Channel || data.Length != PayloadBytes || !data[4..].SequenceEqual(_payload.AsSpan(4)))
            {
                return;
            }

            int packet = BinaryPrimitives.ReadInt32BigEndian(data);
            if (index == 1)
            {
                Send(1, packet);
            }
            else if (_missing.Remove(packet))
            {
                _roundTrips.Add(_clock.Now - _sentAt[packet]);
            }
        }
        else if (StunMessage.TryParse(datagram.Payload, out StunMessage message) == StunParseResult.Ok && message.Class != StunClass.Indication)
        {
            _clients[index].OnMessage(message, _clock.Now);
        }
    }

    public void OnIcmpError(DatagramSocket socket, in IcmpError error) => _isUnreachable |= error.Destination == _serverEndpoint;

    private void Reach(AllocationStage stage, CancellationToken stop, Action<TurnAllocation>? start = null)
    {
        foreach (TurnAllocation client in _clients)
        {
            start?.Invoke(client);
        }

        while (_clients.Any(client => client.Stage != stage))
        {
            stop.ThrowIfCancellationRequested();
            Turn();
            if (_isUnreachable)
            {
                throw new TurnRefusedException($"{_server}: nobody listens there");
            }

            if (_clients.FirstOrDefault(client => client.Stage == AllocationStage.Failed) is { } failed)
            {
                throw new TurnRefusedException($"{_server}: {failed.Failure}");
            }
        }
    }

    // All at once, then what is missing again: what is asked is whether packets pass, not how many are lost.
    private void Echo(CancellationToken stop)
    {
        long deadline = _clock.Now + _patience;
        long resendAt = _clock.Now;
        while (_missing.Count > 0)
        {
            stop.ThrowIfCancellationRequested();
            if (_clock.Now > deadline)
            {
                throw new TurnRefusedException(
                    $"{_server}: {_missing.Count} of {_sentAt.Length} packets did not come back from {_clients[1].Relayed} to {_clients[0].Relayed}");
            }

            if (_clock.Now >= resendAt)
            {
                resendAt = _clock.Now + ResendAfter;
                foreach (int packet in _missing)
                {
                    _sentAt[packet] = _clock.Now;
                    Send(0, packet);
                }
            }

            Turn();
        }
    }

    private void Delete()
    {
        long deadline = _clock.Now + DeletionPatience;
        foreach (TurnAllocation client in _clients)
        {
            client.Delete(_clock.Now);
        }

        while (_clients.Any(client => client.Stage == AllocationStage.Deleting) && _clock.Now < deadline)
        {
            Turn();
        }
    }

    private void Turn()
    {
        for (int i = 0; i < _clients.Length; i++)
        {
            ReadOnlySpan<byte> request = _clients[i].TakeDue(_clock.Now);
            if (request.Length > 0)
            {
                _reactor.Send(_sockets[i], request, _serverEndpoint, default);
            }
        }

        _reactor.Flush();
        _reactor.Poll(10, this);
    }

    private void Send(int index, int packet)
    {
        Span<byte> datagram = _reactor.Rent(ChannelData.HeaderLength + PayloadBytes);
        ChannelData.WriteHeader(datagram, _clients[index].Channel, PayloadBytes);
        Span<byte> payload = datagram[ChannelData.HeaderLength..];
        _payload.CopyTo(payload);
        BinaryPrimitives.WriteInt32BigEndian(payload, packet);
        _reactor.Send(_sockets[index], datagram, _serverEndpoint, default);
    }

    private DatagramSocket Open(int index)
    {
        SocketEndpoint any = SocketEndpoint.From(new IPEndPoint(
            _server.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any, 0));
        return _reactor.TryOpen(any, new DatagramSocketOptions { ReceiveErrors = true }, null, out DatagramSocket? socket, out SocketError error)
            ? socket
            : throw new TurnRefusedException($"client socket {index + 1} cannot be opened: {error}");
    }
}
