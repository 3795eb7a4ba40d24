using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Turnpike.Interop.Servers;
using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;
using AddressFamily = Turnpike.Protocol.AddressFamily;

namespace Turnpike.Interop.Clients;

/// <summary>
/// A TURN client of our own over one UDP socket: it says exactly which response came for which request, where the output of a
/// foreign client leaves doubt. It speaks RFC 5389 authentication (MD5 and HMAC-SHA1), which every server understands.
/// </summary>
internal sealed class TurnClient : IDisposable
{
    public const byte Udp = 17;

    private const int MaxDatagram = 65535;
    private static readonly TimeSpan ResponseDeadline = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan FirstRetransmission = TimeSpan.FromMilliseconds(500);

    private readonly IPEndPoint _server;
    private readonly Socket _socket;
    private readonly byte[] _buffer = new byte[MaxDatagram];
    private readonly Queue<byte[]> _data = new();
    private byte[] _realm = [];
    private byte[] _nonce = [];
    private byte[] _key = [];

    public TurnClient(IPEndPoint server, IPAddress? source = null)
    {
        _server = server;
        _socket = new Socket(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        if (source is not null)
        {
            _socket.Bind(new IPEndPoint(source, 0));
        }

        _socket.Connect(server);
    }

    /// <summary>Writes the attributes of a message between its header and its integrity.</summary>
    public delegate void AttributeWriter(ref StunMessageWriter writer);

    public IPEndPoint LocalEndPoint => (IPEndPoint)_socket.LocalEndPoint!;

    /// <summary>Responses that fit no request being waited for.</summary>
    public int StrayResponses { get; private set; }

    /// <summary>Where every datagram is written down; nowhere by default.</summary>
    public Capture? Capture { get; init; }

    public void Dispose() => _socket.Dispose();

    public async Task<TurnResponse> AllocateAsync(AddressFamily family = AddressFamily.IPv4)
    {
        AttributeWriter attributes = (ref StunMessageWriter writer) =>
        {
            RequestedTransport.Write(ref writer, Udp);
            if (family != AddressFamily.IPv4)
            {
                RequestedAddressFamily.Write(ref writer, family);
            }
        };
        var challenge = await RequestAsync(StunMethod.Allocate, attributes);
        if (challenge.Code != StunErrorCode.Unauthorized)
        {
            return challenge;
        }

        TakeChallenge(challenge);
        return await RequestAsync(StunMethod.Allocate, attributes);
    }

    public Task<TurnResponse> RefreshAsync(uint seconds) =>
        RequestAsync(StunMethod.Refresh, (ref StunMessageWriter writer) => Lifetime.Write(ref writer, seconds));

    public Task<TurnResponse> CreatePermissionAsync(TransportAddress peer) =>
        RequestAsync(StunMethod.CreatePermission, (ref StunMessageWriter writer) => XorPeerAddress.Write(ref writer, peer));

    public Task<TurnResponse> ChannelBindAsync(ushort number, TransportAddress peer) =>
        RequestAsync(StunMethod.ChannelBind, (ref StunMessageWriter writer) =>
        {
            ChannelNumber.Write(ref writer, number);
            XorPeerAddress.Write(ref writer, peer);
        });

    /// <summary>The response to a Binding request, or null when none came in time.</summary>
    public async Task<TurnResponse?> TryBindingAsync(TimeSpan deadline)
    {
        byte[] request = Build(StunClass.Request, StunMethod.Binding);
        return await ExchangeAsync(request, deadline);
    }

    public Task<TurnResponse> BindingAsync() => RequestAsync(StunMethod.Binding);

    /// <summary>Sends a request, with credentials once a challenge gave them, and again until its response comes.</summary>
    public async Task<TurnResponse> RequestAsync(StunMethod method, AttributeWriter? attributes = null)
    {
        byte[] request = Build(StunClass.Request, method, attributes, authenticated: method != StunMethod.Binding);
        return await ExchangeAsync(request, ResponseDeadline)
            ?? throw new TimeoutException($"no response to {method} within {ResponseDeadline.TotalSeconds:0} s");
    }

    /// <summary>A message under a fresh transaction id, authenticated once a challenge was taken.</summary>
    public byte[] Build(StunClass @class, StunMethod method, AttributeWriter? attributes = null, bool authenticated = false)
    {
        byte[] buffer = new byte[2048];
        var writer = new StunMessageWriter(buffer, @class, method, TransactionId.From(RandomNumberGenerator.GetBytes(12)));
        attributes?.Invoke(ref writer);
        if (authenticated && _key.Length > 0)
        {
            writer.Append(StunAttributeType.Username, Encoding.UTF8.GetBytes(ServerSettings.User));
            writer.Append(StunAttributeType.Realm, _realm);
            writer.Append(StunAttributeType.Nonce, _nonce);
            MessageIntegrity.Write(ref writer, _key);
        }

        return writer.Finish().ToArray();
    }

    public void SendRaw(ReadOnlySpan<byte> datagram)
    {
        Capture?.Add(LocalEndPoint, _server, datagram);
        try
        {
            _socket.Send(datagram);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
        {
            // An ICMP error about an earlier datagram: nothing listens yet, or any more. The missing response tells.
        }
    }

    public void SendChannelData(ushort number, ReadOnlySpan<byte> data)
    {
        byte[] datagram = new byte[ChannelData.HeaderLength + data.Length];
        ChannelData.WriteHeader(datagram, number, data.Length);
        data.CopyTo(datagram.AsSpan(ChannelData.HeaderLength));
        SendRaw(datagram);
    }

    /// <summary>The next datagram that is not a response: ChannelData or a Data indication. Null when none came in time.</summary>
    public async Task<byte[]?> ReceiveDataAsync(TimeSpan deadline)
    {
        long started = Stopwatch.GetTimestamp();
        while (_data.Count == 0)
        {
            if (await ReceiveAsync(deadline - Stopwatch.GetElapsedTime(started)) is not { } datagram)
            {
                return null;
            }

            Keep(datagram);
        }

        return _data.Dequeue();
    }

    private static TurnResponse? ResponseTo(ReadOnlySpan<byte> request, ReadOnlySpan<byte> datagram) =>
        StunMessage.TryParse(request, out var asked) == StunParseResult.Ok
        && StunMessage.TryParse(datagram, out var answered) == StunParseResult.Ok
        && answered.Class is StunClass.SuccessResponse or StunClass.ErrorResponse
        && answered.TransactionId.Equals(asked.TransactionId)
            ? new TurnResponse(in answered)
            : null;

    private async Task<TurnResponse?> ExchangeAsync(byte[] request, TimeSpan deadline)
    {
        long started = Stopwatch.GetTimestamp();
        TimeSpan wait = FirstRetransmission;
        for (TimeSpan elapsed = TimeSpan.Zero; elapsed < deadline; elapsed = Stopwatch.GetElapsedTime(started), wait *= 2)
        {
            SendRaw(request);
            long sent = Stopwatch.GetTimestamp();
            TimeSpan patience = wait < deadline - elapsed ? wait : deadline - elapsed;
            while (await ReceiveAsync(patience - Stopwatch.GetElapsedTime(sent)) is { } datagram)
            {
                if (ResponseTo(request, datagram) is { } response)
                {
                    return response;
                }

                Keep(datagram);
            }
        }

        return null;
    }

    // Late responses to earlier requests are nobody's business any more; data is.
    private void Keep(byte[] datagram)
    {
        bool isResponse = StunMessage.TryParse(datagram, out var message) == StunParseResult.Ok
            && message.Class != StunClass.Indication;
        if (isResponse)
        {
            StrayResponses++;
        }
        else
        {
            _data.Enqueue(datagram);
        }
    }

    private async Task<byte[]?> ReceiveAsync(TimeSpan deadline)
    {
        if (deadline <= TimeSpan.Zero)
        {
            return null;
        }

        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        cancel.CancelAfter(deadline);
        while (true)
        {
            try
            {
                int length = await _socket.ReceiveAsync(_buffer, SocketFlags.None, cancel.Token);
                Capture?.Add(_server, LocalEndPoint, _buffer.AsSpan(0, length));
                return _buffer[..length];
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
            {
                // As above: the error belongs to a datagram sent earlier, and the wait goes on.
            }
            catch (OperationCanceledException)
            {
                return null;
            }
        }
    }

    private void TakeChallenge(TurnResponse challenge)
    {
        (_realm, _nonce) = (challenge.Realm, challenge.Nonce);
        _key = new byte[LongTermKey.Md5Length];
        LongTermKey.Md5(Encoding.UTF8.GetBytes(ServerSettings.User), _realm, Encoding.UTF8.GetBytes(ServerSettings.Password), _key);
    }
}
