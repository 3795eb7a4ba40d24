using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;

namespace Turnpike.Standalone.Tests.Host;

/// <summary>As much of a TURN client as it takes to see whether a credential opens an allocation. MD5 and HMAC-SHA1, as browsers do.</summary>
internal sealed class TurnCaller : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);
    private readonly UdpClient _socket = new();
    private readonly (byte[] Username, byte[] Password) _credential;
    private byte[] _realm = [];
    private byte[] _nonce = [];
    private byte[] _key = [];

    public TurnCaller(IPEndPoint server, (string Username, string Password) credential)
    {
        _socket.Connect(server);
        _credential = (Encoding.UTF8.GetBytes(credential.Username), Encoding.UTF8.GetBytes(credential.Password));
    }

    /// <summary>Whether an Allocate succeeds, after the challenge.</summary>
    public async Task<bool> AllocateAsync()
    {
        await RequestAsync(StunMethod.Allocate, static (ref StunMessageWriter writer) => RequestedTransport.Write(ref writer, 17));
        return await RequestAsync(StunMethod.Allocate, static (ref StunMessageWriter writer) => RequestedTransport.Write(ref writer, 17));
    }

    /// <summary>Whether the server ends the allocation when asked to.</summary>
    public Task<bool> EndAsync() => RequestAsync(StunMethod.Refresh, static (ref StunMessageWriter writer) => Lifetime.Write(ref writer, 0));

    public void Dispose() => _socket.Dispose();

    private delegate void AttributeWriter(ref StunMessageWriter writer);

    private async Task<bool> RequestAsync(StunMethod method, AttributeWriter attributes)
    {
        byte[] request = Build(method, attributes);
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Limit);
        await _socket.SendAsync(request, limit.Token);
        UdpReceiveResult response = await _socket.ReceiveAsync(limit.Token);
        return Read(response.Buffer);
    }

    private byte[] Build(StunMethod method, AttributeWriter attributes)
    {
        StunMessageWriter writer = new(new byte[2048], StunClass.Request, method, TransactionId.From(RandomNumberGenerator.GetBytes(12)));
        attributes(ref writer);
        if (_key.Length > 0)
        {
            writer.Append(StunAttributeType.Username, _credential.Username);
            writer.Append(StunAttributeType.Realm, _realm);
            writer.Append(StunAttributeType.Nonce, _nonce);
            MessageIntegrity.Write(ref writer, _key);
        }
        return writer.Finish().ToArray();
    }

    private bool Read(byte[] response)
    {
        Assert.Equal(StunParseResult.Ok, StunMessage.TryParse(response, out StunMessage message));
        if (message.Class == StunClass.SuccessResponse)
        {
            return true;
        }
        Assert.True(message.TryGet(StunAttributeType.Realm, out ReadOnlySpan<byte> realm));
        Assert.True(message.TryGet(StunAttributeType.Nonce, out ReadOnlySpan<byte> nonce));
        (_realm, _nonce) = (realm.ToArray(), nonce.ToArray());
        _key = new byte[LongTermKey.Md5Length];
        LongTermKey.Md5(_credential.Username, _realm, _credential.Password, _key);
        return false;
    }
}
