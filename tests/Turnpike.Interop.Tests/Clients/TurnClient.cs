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
/// A TURN client of our own over UDP, TCP or TLS: it says exactly which response came for which request, where the output of a
/// foreign client leaves doubt. It speaks RFC 5389 authentication (MD5 and HMAC-SHA1), which every server understands.
/// </summary>
internal sealed class TurnClient : IDisposable
{
    public const byte Udp = 17;
    public const byte Tcp = 6;

    private static readonly TimeSpan ResponseDeadline = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan FirstRetransmission = TimeSpan.FromMilliseconds(500);

    private readonly IPEndPoint _server;
    private readonly IClientTransport _transport;
    private readonly Queue<byte[]> _data = new();
    private byte[] _realm = [];
    private byte[] _nonce = [];
    private byte[] _key = [];
    private byte[] _username = [];
    private byte[] _accessToken = [];

    public TurnClient(IPEndPoint server, IPAddress? source = null)
        : this(server, new UdpTransport(server, source is null ? null : new IPEndPoint(source, 0)))
    {
    }

    /// <summary>A client at an address and port of the test's choice.</summary>
    public TurnClient(IPEndPoint server, IPEndPoint source)
        : this(server, new UdpTransport(server, source))
    {
    }

    private TurnClient(IPEndPoint server, IClientTransport transport) => (_server, _transport) = (server, transport);

    /// <summary>Writes the attributes of a message between its header and its integrity.</summary>
    public delegate void AttributeWriter(ref StunMessageWriter writer);

    public IPEndPoint LocalEndPoint => _transport.LocalEndPoint;

    /// <summary>Responses that fit no request being waited for.</summary>
    public int StrayResponses { get; private set; }

    /// <summary>The credential; by default that of the one user whom every server of these tests knows.</summary>
    public (string User, string Password) Credential { get; init; } = (ServerSettings.User, ServerSettings.Password);

    /// <summary>Where every datagram is written down; nowhere by default.</summary>
    public Capture? Capture { get; init; }

    /// <summary>The attributes of an Allocate for UDP.</summary>
    public static void RequestUdp(ref StunMessageWriter writer) => RequestedTransport.Write(ref writer, Udp);

    /// <summary>A client over TCP, or over TLS where there is a certificate to be met.</summary>
    public static async Task<TurnClient> ConnectAsync(IPEndPoint server, TestCertificate? certificate = null) =>
        new(server, await StreamTransport.ConnectAsync(server, certificate));

    /// <summary>What is left of a TCP connection after its ConnectionBind: a stream to the peer.</summary>
    public (NetworkStream Stream, byte[] Early) Detach() => ((StreamTransport)_transport).Detach();

    public void Dispose() => _transport.Dispose();

    public Task<TurnResponse> AllocateAsync(AddressFamily family = AddressFamily.IPv4) =>
        AllocateAsync((ref StunMessageWriter writer) =>
        {
            RequestedTransport.Write(ref writer, Udp);
            if (family != AddressFamily.IPv4)
            {
                RequestedAddressFamily.Write(ref writer, family);
            }
        });

    /// <summary>Allocates with attributes of the test's choice, after the challenge.</summary>
    public Task<TurnResponse> AllocateAsync(AttributeWriter attributes) => RequestWithChallengeAsync(StunMethod.Allocate, attributes);

    /// <summary>Allocates with an access token (RFC 7635) instead of a password.</summary>
    public Task<TurnResponse> AllocateWithTokenAsync(TurnResponse challenge, AccessToken token)
    {
        (_realm, _nonce) = (challenge.Realm, challenge.Nonce);
        (_username, _key, _accessToken) = (Encoding.UTF8.GetBytes(token.KeyId), token.MacKey, token.Token);
        return RequestAsync(StunMethod.Allocate, RequestUdp);
    }

    /// <summary>Goes on with the realm and nonce of another connection, as the data connections of RFC 6062 do.</summary>
    public void TakeChallengeOf(TurnClient other) =>
        (_realm, _nonce, _key, _username) = (other._realm, other._nonce, other._key, other._username);

    /// <summary>A request that takes the challenge to its first form.</summary>
    public async Task<TurnResponse> RequestWithChallengeAsync(StunMethod method, AttributeWriter attributes)
    {
        var challenge = await RequestAsync(method, attributes);
        if (challenge.Code is not (StunErrorCode.Unauthorized or StunErrorCode.StaleNonce))
        {
            return challenge;
        }

        TakeChallenge(challenge);
        return await RequestAsync(method, attributes);
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
            writer.Append(StunAttributeType.Username, _username);
            writer.Append(StunAttributeType.Realm, _realm);
            writer.Append(StunAttributeType.Nonce, _nonce);
            if (_accessToken.Length > 0)
            {
                writer.Append(StunAttributeType.AccessToken, _accessToken);
            }

            MessageIntegrity.Write(ref writer, _key);
        }

        return writer.Finish().ToArray();
    }

    public void SendRaw(ReadOnlySpan<byte> datagram)
    {
        Capture?.Add(LocalEndPoint, _server, datagram);
        _transport.Send(datagram);
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
        TimeSpan wait = _transport.IsReliable ? deadline : FirstRetransmission;
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
        try
        {
            byte[] datagram = await _transport.ReceiveAsync(cancel.Token);
            Capture?.Add(_server, LocalEndPoint, datagram);
            return datagram;
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    /// <summary>Answers a challenge from now on.</summary>
    public void TakeChallenge(TurnResponse challenge)
    {
        (_realm, _nonce) = (challenge.Realm, challenge.Nonce);
        _username = Encoding.UTF8.GetBytes(Credential.User);
        _key = new byte[LongTermKey.Md5Length];
        LongTermKey.Md5(_username, _realm, Encoding.UTF8.GetBytes(Credential.Password), _key);
    }
}
