using System.Text;
using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;

namespace Turnpike.Server.Tests;

/// <summary>The features of RFC 8489 section 9.2 beside the clients of RFC 5389.</summary>
public class AlgorithmTests
{
    private readonly TestServer _server = new();

    [Fact]
    public void A_client_of_RFC_5389_works()
    {
        Reply reply = new TestClient(_server).Allocate().IsSuccess();
        Assert.True(reply.Authentic);
        Assert.True(reply.Has(StunAttributeType.MessageIntegrity));
    }

    [Theory]
    [InlineData(PasswordAlgorithmId.Md5, false, 0)]
    [InlineData(PasswordAlgorithmId.Md5, true, 32)]
    [InlineData(PasswordAlgorithmId.Sha256, false, 0)]
    [InlineData(PasswordAlgorithmId.Sha256, true, 32)]
    [InlineData(PasswordAlgorithmId.Sha256, true, 28)]
    [InlineData(PasswordAlgorithmId.Sha256, true, 24)]
    [InlineData(PasswordAlgorithmId.Sha256, true, 20)]
    [InlineData(PasswordAlgorithmId.Sha256, true, 16)]
    public void Every_algorithm_goes_with_every_integrity_and_the_response_carries_the_requests(
        PasswordAlgorithmId algorithm, bool sha256, int length)
    {
        var client = new TestClient(_server)
        {
            Algorithm = algorithm,
            Integrity = sha256 ? IntegrityKind.Sha256 : IntegrityKind.Sha1,
            Sha256Length = length,
        };
        foreach (Reply reply in new[] { client.Allocate().IsSuccess(), client.Allocate().IsError(StunErrorCode.AllocationMismatch) })
        {
            Assert.True(reply.Authentic);
            Assert.Equal(sha256, reply.Has(StunAttributeType.MessageIntegritySha256));
            Assert.Equal(!sha256, reply.Has(StunAttributeType.MessageIntegrity));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(12)]
    [InlineData(17)]
    [InlineData(36)]
    public void A_MESSAGE_INTEGRITY_SHA256_of_another_length_is_not_accepted_RFC_8489_14_6(int length)
    {
        var client = new TestClient(_server) { Integrity = IntegrityKind.None };
        client.Challenge();
        byte[] request = client.Build(StunMethod.Allocate, (ref StunMessageWriter w) => TestClient.Udp(ref w));
        byte[] whole = new TestClient(_server) { Nonce = client.Nonce, Integrity = IntegrityKind.Sha256 }
            .Build(StunMethod.Allocate, TestClient.Udp);
        byte[] mac = new byte[length];
        whole.AsSpan(whole.Length - 32, Math.Min(32, length)).CopyTo(mac);
        client.Exchange(StunFramingTests.Append(request, StunAttributeType.MessageIntegritySha256, mac))
            .IsError(StunErrorCode.Unauthorized);
    }

    [Fact]
    public void With_both_integrity_attributes_SHA_256_is_what_counts()
    {
        var client = new TestClient(_server);
        client.Challenge();
        byte[] request = client.Build(StunMethod.Allocate, TestClient.Udp);
        client.Exchange(StunFramingTests.Append(request, StunAttributeType.MessageIntegritySha256, new byte[32]))
            .IsError(StunErrorCode.Unauthorized);

        var writer = new StunMessageWriter(new byte[1024], StunClass.Request, StunMethod.Allocate, TestClient.NewTransactionId());
        RequestedTransport.Write(ref writer, 17);
        client.WriteCredentials(ref writer);
        MessageIntegrity.Write(ref writer, client.Key);
        MessageIntegritySha256.Write(ref writer, client.Key);
        client.Exchange(writer.Finish().ToArray()).IsSuccess();
    }

    [Fact]
    public void A_list_without_a_choice_is_400_RFC_8489_9_2_4() =>
        WithAlgorithms([0, 1, 0, 0, 0, 2, 0, 0], null).IsError(StunErrorCode.BadRequest);

    [Fact]
    public void A_choice_without_a_list_is_400_RFC_8489_9_2_4() =>
        WithAlgorithms(null, [0, 1, 0, 0]).IsError(StunErrorCode.BadRequest);

    [Theory]
    [InlineData(new byte[] { 0, 1, 0, 0 })] // SHA-256 was taken out on the way
    [InlineData(new byte[] { 0, 2, 0, 0 })]
    [InlineData(new byte[] { 0, 2, 0, 0, 0, 1, 0, 0 })]
    [InlineData(new byte[] { 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0 })]
    [InlineData(new byte[] { })]
    public void A_list_that_is_not_the_offered_one_is_400_which_protects_against_bid_down(byte[] list) =>
        WithAlgorithms(list, [0, 1, 0, 0]).IsError(StunErrorCode.BadRequest);

    [Theory]
    [InlineData(new byte[] { 0, 3, 0, 0 })]
    [InlineData(new byte[] { 0, 0, 0, 0 })]
    [InlineData(new byte[] { 0, 1 })]
    [InlineData(new byte[] { })]
    public void A_choice_that_was_not_offered_is_400(byte[] choice) =>
        WithAlgorithms([0, 1, 0, 0, 0, 2, 0, 0], choice).IsError(StunErrorCode.BadRequest);

    [Fact]
    public void The_key_of_the_other_algorithm_does_not_verify()
    {
        var client = new TestClient(_server);
        client.Challenge();
        client.CredentialAttributes = (ref StunMessageWriter w) =>
        {
            client.WriteCredentials(ref w); // keeps Algorithm null, so the key that signs is MD5
            w.Append(StunAttributeType.PasswordAlgorithms, client.Offered);
            PasswordAlgorithm.Write(ref w, PasswordAlgorithmId.Sha256);
        };
        client.Allocate().IsError(StunErrorCode.Unauthorized);
    }

    [Fact]
    public void USERHASH_stands_for_USERNAME_RFC_8489_14_4()
    {
        TestClient client = new TestClient(_server) { SendsUserHash = true }.Modern();
        Assert.True(client.Allocate().IsSuccess().Authentic);
        Assert.Equal("alice", _server.Quota.LastUser);
        client.Refresh().IsSuccess();
        client.SendsUserHash = false;
        client.Refresh().IsSuccess();
    }

    [Fact]
    public void The_USERHASH_of_nobody_is_401()
    {
        TestClient client = new TestClient(_server, "nobody", "alice-password") { SendsUserHash = true }.Modern();
        client.Allocate().IsError(StunErrorCode.Unauthorized);
    }

    [Fact]
    public void A_USERHASH_of_another_length_is_400()
    {
        var client = new TestClient(_server);
        client.Challenge();
        client.CredentialAttributes = (ref StunMessageWriter w) =>
        {
            UserHash.Write(ref w, new byte[31]);
            Realm.Write(ref w, Encoding.UTF8.GetBytes(client.Realm));
            Nonce.Write(ref w, client.Nonce);
        };
        client.Allocate().IsError(StunErrorCode.BadRequest);
    }

    private Reply WithAlgorithms(byte[]? list, byte[]? choice)
    {
        var client = new TestClient(_server);
        client.Challenge();
        client.CredentialAttributes = (ref StunMessageWriter w) =>
        {
            client.WriteCredentials(ref w);
            if (list is not null)
            {
                w.Append(StunAttributeType.PasswordAlgorithms, list);
            }

            if (choice is not null)
            {
                w.Append(StunAttributeType.PasswordAlgorithm, choice);
            }
        };
        return client.Allocate();
    }
}
