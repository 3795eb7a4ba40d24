using System.Text;
using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;

namespace Turnpike.Server.Tests;

/// <summary>RFC 8489 section 9.2.4, the steps before a key is used.</summary>
public class ChallengeTests
{
    private readonly TestServer _server = new();

    [Theory]
    [InlineData(StunMethod.Allocate)]
    [InlineData(StunMethod.Refresh)]
    [InlineData(StunMethod.CreatePermission)]
    [InlineData(StunMethod.ChannelBind)]
    public void Without_credentials_every_TURN_request_is_401_with_realm_and_nonce_and_no_integrity(StunMethod method)
    {
        var client = new TestClient(_server);
        Reply reply = client.Exchange(client.Build(method)).IsError(StunErrorCode.Unauthorized);
        Assert.Equal(Users.Realm, Encoding.UTF8.GetString(reply.Value(StunAttributeType.Realm)!));
        Assert.NotEmpty(reply.Value(StunAttributeType.Nonce)!);
        Assert.False(reply.Has(StunAttributeType.MessageIntegrity));
        Assert.False(reply.Has(StunAttributeType.MessageIntegritySha256));
        Assert.False(reply.Has(StunAttributeType.Username));
        Assert.False(reply.Has(StunAttributeType.Software));
        Assert.Equal(0, _server.Turn.AllocationCount);
    }

    [Fact]
    public void The_challenge_offers_MD5_and_SHA_256_and_says_so_in_the_nonce_cookie_RFC_8489_9_2_4()
    {
        Reply reply = new TestClient(_server).Challenge();
        Assert.Equal([0, 1, 0, 0, 0, 2, 0, 0], reply.Value(StunAttributeType.PasswordAlgorithms));
        Assert.True(NonceCookie.TryRead(reply.Value(StunAttributeType.Nonce), out StunSecurityFeatures features));
        Assert.Equal(StunSecurityFeatures.PasswordAlgorithms, features);
        Assert.StartsWith("obMatJos2", Encoding.ASCII.GetString(reply.Value(StunAttributeType.Nonce)!), StringComparison.Ordinal);
    }

    [Fact]
    public void Username_anonymity_is_offered_where_the_policy_says_so()
    {
        var server = new TestServer(new PolicyChoice
        {
            Features = StunSecurityFeatures.PasswordAlgorithms | StunSecurityFeatures.UsernameAnonymity,
        });
        Reply reply = new TestClient(server).Challenge();
        NonceCookie.TryRead(reply.Value(StunAttributeType.Nonce), out StunSecurityFeatures features);
        Assert.Equal(StunSecurityFeatures.PasswordAlgorithms | StunSecurityFeatures.UsernameAnonymity, features);
    }

    [Fact]
    public void Without_the_password_algorithms_feature_no_list_is_sent()
    {
        var server = new TestServer(new PolicyChoice { Features = StunSecurityFeatures.None });
        Assert.False(new TestClient(server).Challenge().Has(StunAttributeType.PasswordAlgorithms));
        new TestClient(server).Allocated();
    }

    [Theory]
    [InlineData("username")]
    [InlineData("realm")]
    [InlineData("nonce")]
    public void An_integrity_attribute_without_what_it_needs_is_400(string missing)
    {
        var client = new TestClient(_server);
        client.Challenge();
        client.CredentialAttributes = (ref StunMessageWriter w) =>
        {
            if (missing != "username")
            {
                Username.Write(ref w, "alice"u8);
            }

            if (missing != "realm")
            {
                Realm.Write(ref w, Encoding.UTF8.GetBytes(client.Realm));
            }

            if (missing != "nonce")
            {
                Nonce.Write(ref w, client.Nonce);
            }
        };
        Reply reply = client.Allocate().IsError(StunErrorCode.BadRequest);
        Assert.False(reply.Has(StunAttributeType.Nonce)); // RFC 8489 9.2.4: SHOULD NOT include USERNAME, NONCE, or REALM
        Assert.False(reply.Has(StunAttributeType.Realm));
        Assert.Equal(0, _server.Turn.AllocationCount);
    }

    [Fact]
    public void An_oversized_username_is_400_RFC_8489_14_3()
    {
        var client = new TestClient(_server) { Username = new string('u', 509) };
        client.Allocate().IsError(StunErrorCode.BadRequest);
    }

    [Fact]
    public void An_unknown_user_and_a_wrong_password_get_the_same_401()
    {
        Reply unknown = new TestClient(_server, "nobody", "alice-password").Allocate().IsError(StunErrorCode.Unauthorized);
        Reply wrong = new TestClient(_server, "alice", "wrong").Allocate().IsError(StunErrorCode.Unauthorized);
        Assert.Equal(unknown.Attributes.ConvertAll(a => a.Type), wrong.Attributes.ConvertAll(a => a.Type));
        for (int i = 0; i < unknown.Attributes.Count; i++)
        {
            Assert.Equal(unknown.Attributes[i].Value, wrong.Attributes[i].Value);
        }
    }

    [Fact]
    public void Another_realm_is_401()
    {
        var client = new TestClient(_server);
        client.Challenge();
        client.Realm = "example.net";
        client.Allocate().IsError(StunErrorCode.Unauthorized);
    }

    [Fact]
    public void A_changed_byte_anywhere_before_the_integrity_attribute_is_not_accepted()
    {
        var client = new TestClient(_server);
        client.Challenge();
        byte[] request = client.Build(StunMethod.Allocate, TestClient.Udp);
        int end = request.Length - 24;
        for (int i = StunMessage.HeaderLength + 4; i < end; i++)
        {
            byte[] changed = [.. request];
            changed[i] ^= 0x01;
            _server.AdvanceUnnoticed(0.1); // the limit on unauthenticated answers is another test's
            Outcome outcome = _server.Receive(client.FiveTuple, changed);
            Assert.True(outcome.Kind == EgressKind.Drop || new Reply(outcome.Datagram).Class == StunClass.ErrorResponse);
            Assert.Equal(0, _server.Turn.AllocationCount);
        }

        client.Exchange(request).IsSuccess();
    }

    [Fact]
    public void Data_is_not_authenticated_but_needs_the_5_tuple_RFC_8656_5()
    {
        TestClient client = new TestClient(_server).Allocated();
        client.CreatePermission(Addresses.Peer).IsSuccess();
        client.SendIndication(Addresses.Peer, "x"u8).IsToPeer(Addresses.Peer, "x"u8);
        new TestClient(_server, address: Addresses.Client.WithPort(40001)).SendIndication(Addresses.Peer, "x"u8)
            .IsDrop(DropReason.NoAllocation);
    }
}
