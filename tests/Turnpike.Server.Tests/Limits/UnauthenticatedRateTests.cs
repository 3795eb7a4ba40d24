using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;
using Turnpike.Testing;

namespace Turnpike.Server.Tests;

/// <summary>The server is no reflector: answers to senders that proved nothing are rationed by source address.</summary>
public class UnauthenticatedRateTests
{
    private readonly TestServer _server = new(new PolicyChoice { UnauthenticatedResponsesPerSecond = 10 });

    [Fact]
    public void A_source_gets_a_rate_and_twice_that_at_once()
    {
        Assert.Equal(20, Answers(Addresses.Client, 100));
        Assert.Equal(80, _server.Counters.Drops(DropReason.UnauthenticatedRateLimited));
        _server.AdvanceUnnoticed(0.5);
        Assert.Equal(5, Answers(Addresses.Client, 100));
        _server.AdvanceUnnoticed(1000);
        Assert.Equal(20, Answers(Addresses.Client, 100));
    }

    [Fact]
    public void Ports_of_one_address_share_the_ration()
    {
        int answers = 0;
        for (ushort port = 1; port <= 100; port++)
        {
            answers += Answers(Addresses.Client.WithPort(port), 1);
        }

        Assert.Equal(20, answers);
    }

    [Fact]
    public void Addresses_of_one_IPv6_network_of_64_bits_share_the_ration()
    {
        int answers = 0;
        for (ulong low = 1; low <= 100; low++)
        {
            answers += Answers(TransportAddress.IPv6(0x2A02_06B8_0000_0001, low, 1000), 1);
        }

        Assert.Equal(20, answers);
        Assert.Equal(20, Answers(TransportAddress.IPv6(0x2A02_06B8_0000_0002, 1, 1000), 100));
    }

    [Fact]
    public void A_flooding_source_does_not_silence_another()
    {
        Answers(Addresses.Client, 1000);
        Assert.Equal(20, Answers(Addresses.Parse("93.184.216.35:40000"), 100));
    }

    [Fact]
    public void A_flood_of_made_up_sources_silences_nobody_and_uses_fixed_memory()
    {
        byte[] request = new TestClient(_server).Build(StunMethod.Allocate, TestClient.Udp);
        for (int round = 0; round < 2; round++)
        {
            // The second round counts: the first one warms up.
            long allocated = AllocatedBytes.During(() =>
            {
                for (uint i = 0; i < 10_000; i++)
                {
                    FiveTuple tuple = Addresses.TupleOf(TransportAddress.IPv4(0x5000_0000 + (i * 7919), 1000));
                    _server.Turn.OnClientDatagram(in tuple, request, _server.Now);
                }
            });
            Assert.True(round == 0 || allocated == 0, $"{allocated} bytes were allocated.");
        }

        Assert.Equal(0, _server.Turn.AllocationCount);
        Assert.Equal(0, _server.Turn.ParkedRequestCount);
        Assert.Equal(20, Answers(Addresses.Client, 100));
    }

    [Theory]
    [InlineData(StunErrorCode.Unauthorized)]
    [InlineData(StunErrorCode.BadRequest)]
    [InlineData(StunErrorCode.StaleNonce)]
    [InlineData(StunErrorCode.UnknownAttribute)]
    public void Every_unauthenticated_error_is_rationed(int code)
    {
        var client = new TestClient(_server);
        byte[] request;
        if (code == StunErrorCode.UnknownAttribute)
        {
            request = client.Build(StunMethod.Binding, (ref StunMessageWriter w) => w.Append((StunAttributeType)0x7001, []));
        }
        else
        {
            client.Nonce = code == StunErrorCode.Unauthorized ? null : "stale"u8.ToArray();
            client.CredentialAttributes = code == StunErrorCode.BadRequest
                ? (ref StunMessageWriter w) => Realm.Write(ref w, "example.org"u8)
                : null;
            request = client.Build(StunMethod.Allocate, TestClient.Udp);
        }

        client.Exchange(request).IsError(code);
        int answers = 1;
        for (int i = 0; i < 50; i++)
        {
            answers += _server.Receive(client.FiveTuple, request).Kind == EgressKind.ToClient ? 1 : 0;
        }

        Assert.Equal(20, answers);
    }

    [Fact]
    public void A_wrong_password_is_rationed_too_and_the_right_one_is_not()
    {
        var client = new TestClient(_server);
        client.Challenge();
        client.Password = "wrong";
        byte[] wrong = client.Build(StunMethod.Allocate, TestClient.Udp);
        int answers = 0;
        for (int i = 0; i < 50; i++)
        {
            answers += client.Send(wrong).Kind == EgressKind.ToClient ? 1 : 0;
        }

        Assert.Equal(19, answers);
        client.Password = "alice-password";
        client.Allocate().IsSuccess();
        for (int i = 0; i < 50; i++)
        {
            client.Allocate().IsError(StunErrorCode.AllocationMismatch);
        }
    }

    [Fact]
    public void A_stream_cannot_be_spoofed_and_is_not_rationed()
    {
        int answers = 0;
        byte[] request = new TestClient(_server).Build(StunMethod.Allocate, TestClient.Udp);
        for (int i = 0; i < 100; i++)
        {
            Outcome outcome = _server.Receive(Addresses.TupleOf(Addresses.Client, ClientTransport.Tcp), request);
            answers += outcome.Kind == EgressKind.ToClient ? 1 : 0;
        }

        Assert.Equal(100, answers);
    }

    [Fact]
    public void Without_a_limit_everything_is_answered()
    {
        _server.Change(choice => choice with { UnauthenticatedResponsesPerSecond = 0 });
        Assert.Equal(1000, Answers(Addresses.Client, 1000));
    }

    private int Answers(TransportAddress source, int requests)
    {
        byte[] request = new TestClient(_server).Build(StunMethod.Allocate, TestClient.Udp);
        int answers = 0;
        for (int i = 0; i < requests; i++)
        {
            answers += _server.Receive(Addresses.TupleOf(source), request).Kind == EgressKind.ToClient ? 1 : 0;
        }

        return answers;
    }
}
