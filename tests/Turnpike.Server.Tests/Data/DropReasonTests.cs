using Turnpike.Protocol;

namespace Turnpike.Server.Tests;

/// <summary>Every reason is reached by a scenario, and counted by it exactly once.</summary>
public class DropReasonTests
{
    private static readonly Dictionary<DropReason, Func<Scene, Outcome>> Scenarios = new()
    {
        [DropReason.UnknownProtocol] = s => s.Client.Send([0xFF, 1, 2]),
        [DropReason.DtlsNotServed] = s => s.Client.Send([22, 254, 253]),
        [DropReason.MalformedStun] = s => s.Client.Send([0, 1, 0, 0]),
        [DropReason.NoMagicCookie] = s => s.Client.Send([0, 1, 0, 0, .. new byte[16]]),
        [DropReason.MalformedAttribute] = s =>
            s.Client.Send(StunFramingTests.Append(s.Client.Build(StunMethod.Binding), (StunAttributeType)0x8022, [9, 9, 9, 9])[..^4]
                .WithLength(4)),
        [DropReason.BadFingerprint] = s =>
            s.Client.Send(StunFramingTests.Append(s.Client.Build(StunMethod.Refresh), StunAttributeType.Fingerprint, [1, 2, 3, 4])),
        [DropReason.UnknownMethod] = s => s.Client.Send(s.Client.Build(StunMethod.Connect)),
        [DropReason.UnexpectedResponse] = s => s.Client.Send(s.Client.Build(StunMethod.Binding, null, StunClass.SuccessResponse)),
        [DropReason.IgnoredIndication] = s => s.Client.Send(s.Client.Build(StunMethod.Binding, null, StunClass.Indication)),
        [DropReason.UnknownAttributeInIndication] = s => s.Client.Send(s.Client.Build(
            StunMethod.Send, (ref StunMessageWriter w) => w.Append((StunAttributeType)0x7001, []), StunClass.Indication)),
        [DropReason.UnauthenticatedRateLimited] = s =>
        {
            s.Server.Change(c => c with { UnauthenticatedResponsesPerSecond = 1 });
            var stranger = new TestClient(s.Server, address: Addresses.Parse("93.184.216.99:1"));
            byte[] request = stranger.Build(StunMethod.Allocate);
            stranger.Send(request).IsToClient();
            stranger.Send(request).IsToClient();
            return stranger.Send(request);
        },
        [DropReason.NoAllocation] = s =>
            new TestClient(s.Server, address: Addresses.Parse("93.184.216.99:1")).SendChannelData(0x4000, "x"u8),
        [DropReason.MalformedChannelData] = s => s.Client.Send([0x40, 0, 0, 9]),
        [DropReason.ChannelNotBound] = s => s.Client.SendChannelData(0x4001, "x"u8),
        [DropReason.MalformedSend] = s => s.Client.Send(s.Client.Build(StunMethod.Send, null, StunClass.Indication)),
        [DropReason.NoPermission] = s => s.Client.SendIndication(Addresses.OtherPeer, "x"u8),
        [DropReason.ForbiddenPeer] = s =>
        {
            s.Server.Change(c => c with { Peers = PolicyChoice.PeerRules(deny: ["8.8.8.8"]) });
            return s.Client.SendChannelData(0x4000, "x"u8);
        },
        [DropReason.PeerFamilyMismatch] = s => s.Client.SendIndication(Addresses.PeerV6, "x"u8),
        [DropReason.PacketRateExceeded] = s =>
        {
            s.Client.SendChannelData(0x4000, "x"u8).IsToPeer(Addresses.Peer, "x"u8);
            s.Client.SendChannelData(0x4000, "x"u8).IsToPeer(Addresses.Peer, "x"u8);
            return s.Client.SendChannelData(0x4000, "x"u8);
        },
        [DropReason.BitRateExceeded] = s =>
        {
            s.Client.SendChannelData(0x4000, new byte[1000]).IsToPeer(Addresses.Peer, new byte[1000]);
            return s.Client.SendChannelData(0x4000, new byte[1000]);
        },
        [DropReason.RelayWithoutAllocation] = s =>
        {
            Relay relay = s.Server.RelayOf(s.Client);
            s.Client.Refresh(0).IsSuccess();
            return s.Server.FromPeer(relay, Addresses.Peer, "y"u8);
        },
        [DropReason.TooBigForClient] = s => s.Server.FromPeer(s.Server.RelayOf(s.Client), Addresses.Peer, new byte[65_507]),
        [DropReason.IgnoredIcmp] = s => s.Server.Icmp(s.Server.RelayOf(s.Client), new PeerIcmpError(Addresses.Peer, 5, 0, 0)),
        [DropReason.SendOverTcpAllocation] = s => s.Tcp.Client.SendIndication(Addresses.Peer, "x"u8),
        [DropReason.PeerConnectionLimitReached] = s =>
        {
            s.Tcp.Incoming(Addresses.Peer);
            return s.Tcp.Knock(Addresses.Peer.WithPort(1));
        },
        [DropReason.PeerConnectionGone] = s => s.Tcp.Complete(id: 1),
        [DropReason.AlreadyParked] = s =>
        {
            TestClient waiting = s.Waiting();
            return waiting.Send(waiting.LastRequest);
        },
        [DropReason.ParkedRequestGone] = s => s.Server.CompleteQuota(99, QuotaDecision.UserQuotaReached),
    };

    // Datagrams that do not come to the server; the edge's tests reach them.
    private static readonly DropReason[] CountedByTheEdge =
    [
        DropReason.NotDtls, DropReason.MalformedDtlsRecord, DropReason.MalformedClientHello, DropReason.RepeatedClientHello,
        DropReason.NoDtlsSession, DropReason.RefusedDtlsRecord, DropReason.DtlsHandshakeLimit, DropReason.DtlsHandshakeQueueFull,
        DropReason.TooBigForDtls, DropReason.MovedClientQueueFull,
    ];

    public static TheoryData<DropReason> Reasons { get; } =
        new(Array.FindAll(Enum.GetValues<DropReason>(), r => r != DropReason.None && !Array.Exists(CountedByTheEdge, edge => edge == r)));

    [Theory]
    [MemberData(nameof(Reasons))]
    public void Every_drop_reason_is_reached_and_counted(DropReason reason)
    {
        Assert.True(Scenarios.TryGetValue(reason, out Func<Scene, Outcome>? scenario), $"{reason} has no scenario.");
        var scene = new Scene();
        scenario(scene).IsDrop(reason);
        foreach (DropReason other in Enum.GetValues<DropReason>())
        {
            Assert.Equal(other == reason ? 1 : 0, scene.Drops(other));
        }
    }

    private sealed class Scene
    {
        public Scene()
        {
            Server = new TestServer(new PolicyChoice { Limits = new AllocationLimits { PacketsPerSecond = 2, BitsPerSecond = 8000 } });
            Client = new TestClient(Server).Allocated();
            Client.ChannelBind(0x4000, Addresses.Peer).IsSuccess();
        }

        public TestServer Server { get; }

        public TestClient Client { get; }

        /// <summary>Another server, for what only happens where TCP is relayed.</summary>
        public TcpScene Tcp { get; } = new(new PolicyChoice { Limits = new AllocationLimits { PeerConnections = 1 } });

        public long Drops(DropReason reason) => Server.Counters.Drops(reason) + Tcp.Server.Counters.Drops(reason);

        public TestClient Waiting()
        {
            Server.Quota.Decision = QuotaDecision.Pending;
            var client = new TestClient(Server, address: Addresses.Client.WithPort(40001));
            client.Challenge();
            client.Send(client.Build(StunMethod.Allocate, TestClient.Udp)).IsPending();
            return client;
        }
    }
}

internal static class MessageBytes
{
    /// <summary>The message with another length field, and as many bytes as that says behind the header.</summary>
    public static byte[] WithLength(this byte[] message, ushort length)
    {
        byte[] changed = message[..(StunMessage.HeaderLength + length)];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt16BigEndian(changed.AsSpan(2), length);
        return changed;
    }
}
