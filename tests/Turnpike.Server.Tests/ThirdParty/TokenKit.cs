using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;

namespace Turnpike.Server.Tests;

/// <summary>An authorization server, and a client that carries its tokens; written without the server's code.</summary>
internal static class TokenKit
{
    public const string ServerName = "turn.example.com";

    public static readonly AccessTokenKey North = new("north", Encoding.ASCII.GetBytes("HGkj32KJGiuy098sdfaqbNjOiaz71923"));
    public static readonly AccessTokenKey South = new("south", RandomNumberGenerator.GetBytes(16));

    public static PolicyChoice Choice => new() { ThirdParty = new ThirdPartyPolicy(ServerName, [North, South]) };

    public static byte[] Token(
        AccessTokenKey key,
        byte[] macKey,
        long timestamp,
        uint lifetime = 3600,
        string serverName = ServerName,
        int? claimedKeyLength = null,
        int nonceLength = 12)
    {
        byte[] body = new byte[2 + macKey.Length + 12];
        BinaryPrimitives.WriteUInt16BigEndian(body, (ushort)(claimedKeyLength ?? macKey.Length));
        macKey.CopyTo(body, 2);
        BinaryPrimitives.WriteInt64BigEndian(body.AsSpan(2 + macKey.Length), timestamp << 16);
        BinaryPrimitives.WriteUInt32BigEndian(body.AsSpan(10 + macKey.Length), lifetime);
        byte[] nonce = RandomNumberGenerator.GetBytes(12);
        byte[] sealedBody = new byte[body.Length];
        byte[] tag = new byte[16];
        using var aes = new AesGcm(key.Key, tag.Length);
        aes.Encrypt(nonce, body, sealedBody, tag, Encoding.UTF8.GetBytes(serverName));
        return [(byte)(nonceLength >> 8), (byte)nonceLength, .. nonce, .. sealedBody, .. tag];
    }

    /// <summary>A client with a nonce, for requests that it signs with a session key.</summary>
    public static TestClient Client(TestServer server, int port = 40000)
    {
        var client = new TestClient(server, address: Addresses.Client.WithPort((ushort)port));
        client.Challenge();
        return client;
    }

    /// <summary>A request with USERNAME = key id and, where there is one, a token.</summary>
    public static Reply Ask(
        TestServer server, TestClient client, StunMethod method, string keyId, byte[] macKey, byte[]? token, Fill? fill = null, bool sha256 = false)
    {
        var writer = new StunMessageWriter(new byte[70_000], StunClass.Request, method, TestClient.NewTransactionId());
        if (method == StunMethod.Allocate)
        {
            TestClient.Udp(ref writer);
        }

        fill?.Invoke(ref writer);
        Username.Write(ref writer, Encoding.UTF8.GetBytes(keyId));
        Realm.Write(ref writer, Encoding.UTF8.GetBytes(client.Realm));
        Nonce.Write(ref writer, client.Nonce);
        if (token is not null)
        {
            AccessToken.Write(ref writer, token);
        }

        if (sha256)
        {
            MessageIntegritySha256.Write(ref writer, macKey);
        }
        else
        {
            MessageIntegrity.Write(ref writer, macKey);
        }

        Outcome outcome = server.Receive(client.FiveTuple, writer.Finish());
        Reply reply = outcome.IsToClient();
        reply.Authentic = sha256
            ? MessageIntegritySha256.Verify(reply.Message(), macKey)
            : MessageIntegrity.Verify(reply.Message(), macKey);
        return reply;
    }
}
