using CsCheck;
using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;

namespace Turnpike.Server.Tests;

/// <summary>Whatever comes in: no exception, no allocation without authentication, and nothing lost for the others.</summary>
public class HostileBytesTests
{
    private static readonly Gen<FiveTuple> Source = Gen.Select(
        Gen.UInt, Gen.UShort, Gen.Bool, (a, p, v6) => Addresses.TupleOf(
            v6 ? TransportAddress.IPv6(0x2A02_0000_0000_0000ul | a, a, p) : TransportAddress.IPv4(a, p)));

    [Fact]
    public void Random_bytes_never_throw_and_allocate_nothing()
    {
        var server = new TestServer();
        TestClient client = Bound(server);
        Gen.Select(Gen.Byte.Array[0, 200], Gen.Frequency((3, Gen.Byte), (5, Gen.Byte[0, 3]), (2, Gen.Byte[64, 79])), Source)
            .Sample((bytes, first, source) =>
            {
                if (bytes.Length > 0)
                {
                    bytes[0] = first;
                }

                server.Receive(source, bytes);
                server.Receive(client.FiveTuple, bytes);
            }, iter: 20_000, threads: 1);
        StillServes(server, client);
    }

    [Fact]
    public void Random_attributes_in_a_right_frame_never_throw_and_allocate_nothing()
    {
        var server = new TestServer();
        TestClient client = Bound(server);
        Gen<(ushort Type, byte[] Value)> attribute = Gen.Select(
            Gen.OneOf(Gen.UShort, Gen.Enum<StunAttributeType>().Select(t => (ushort)t)),
            Gen.Byte.Array[0, 40]);
        Gen.Select(Gen.Byte[0, 3], Gen.Byte, attribute.Array[0, 12], Source).Sample((high, low, attributes, source) =>
        {
            byte[] message = client.Build(StunMethod.Binding)[..20].WithLength(0);
            message[0] = high;
            message[1] = low;
            foreach ((ushort type, byte[] value) in attributes)
            {
                message = StunFramingTests.Append(message, (StunAttributeType)type, value);
            }

            server.Receive(source, message);
            server.Receive(client.FiveTuple, message);
        }, iter: 20_000, threads: 1);
        StillServes(server, client);
    }

    [Fact]
    public void Mutations_of_valid_messages_never_throw_and_are_never_taken_for_authentic()
    {
        var server = new TestServer(new PolicyChoice { UnauthenticatedResponsesPerSecond = 0 });
        TestClient client = Bound(server);
        TestClient modern = new TestClient(server, "bob", "bob-password", Addresses.Client.WithPort(40001)).Modern();
        modern.Challenge();
        byte[][] seeds = Seeds(client, modern);
        Gen.Select(
            Gen.Int[0, seeds.Length - 1], Gen.Select(Gen.Int[0, 400], Gen.Byte[1, 255]).Array[1, 4], Gen.Int[0, 3])
            .Sample((seed, flips, cut) =>
            {
                byte[] message = [.. seeds[seed]];
                foreach ((int at, byte bits) in flips)
                {
                    message[at % message.Length] ^= bits;
                }

                TestClient sender = seed < 4 ? modern : client;
                server.Receive(sender.FiveTuple, message.AsSpan(0, Math.Max(0, message.Length - (cut == 3 ? flips[0].Item1 : 0))));
                if (server.Turn.AllocationCount > 1)
                {
                    // Flips may cancel each other, or have hit what lies behind the integrity attribute: FINGERPRINT.
                    modern.Refresh(0).IsSuccess();
                    int covered = seeds[seed].Length - (seed == 1 ? 8 : 0);
                    Assert.Equal(seeds[seed][4..covered], message[4..covered]);
                }
            }, iter: 20_000, threads: 1);
        StillServes(server, client);
    }

    [Fact]
    public void Peer_data_of_any_source_and_size_never_throws()
    {
        var server = new TestServer();
        TestClient client = Bound(server);
        Relay relay = server.RelayOf(client);
        Gen.Select(Gen.Byte.Array[0, 300], Source).Sample((payload, source) =>
        {
            server.FromPeer(relay, source.Client, payload);
            server.FromPeer(relay, Addresses.Peer, payload).IsChannelData(0x4000, payload);
        }, iter: 5_000, threads: 1);
        StillServes(server, client);
    }

    private static byte[][] Seeds(TestClient client, TestClient modern)
    {
        byte[] allocate = modern.Build(StunMethod.Allocate, (ref StunMessageWriter w) =>
        {
            TestClient.Udp(ref w);
            EvenPort.Write(ref w, reserveNext: true);
        });
        modern.SendsFingerprint = true;
        byte[] both = modern.Build(StunMethod.Allocate, (ref StunMessageWriter w) =>
        {
            TestClient.Udp(ref w);
            AdditionalAddressFamily.Write(ref w, AddressFamily.IPv6);
        });
        modern.SendsFingerprint = false;
        modern.SendsUserHash = true;
        byte[] hashed = modern.Build(StunMethod.Allocate, TestClient.Udp);
        modern.SendsUserHash = false;
        client.SendIndication(Addresses.Peer, "some data"u8);
        byte[] send = client.LastRequest;
        client.SendChannelData(0x4000, "some data"u8);
        return
        [
            allocate,
            both,
            hashed,
            modern.Build(StunMethod.Allocate, (ref StunMessageWriter w) => RequestedTransport.Write(ref w, 17)),
            send,
            client.LastRequest,
            client.Build(StunMethod.CreatePermission, (ref StunMessageWriter w) => XorPeerAddress.Write(ref w, Addresses.OtherPeer)),
        ];
    }

    private static TestClient Bound(TestServer server)
    {
        TestClient client = new TestClient(server).Allocated();
        client.ChannelBind(0x4000, Addresses.Peer).IsSuccess();
        return client;
    }

    private static void StillServes(TestServer server, TestClient client)
    {
        server.Advance(31); // a mutation that changed nothing may have reserved a port
        Assert.Equal(1, server.Turn.AllocationCount);
        Assert.Equal(1, server.Pool.OpenCount);
        Assert.Equal(0, server.Turn.ParkedRequestCount);
        client.SendChannelData(0x4000, "x"u8).IsToPeer(Addresses.Peer, "x"u8);
        client.Refresh().IsSuccess();
    }
}
