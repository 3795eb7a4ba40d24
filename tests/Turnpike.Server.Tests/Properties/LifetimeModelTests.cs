using CsCheck;
using Turnpike.Protocol;

namespace Turnpike.Server.Tests;

/// <summary>Permissions and channels under random requests and times, against rules written down naively.</summary>
public class LifetimeModelTests
{
    private const int Peers = 4;
    private const int Channels = 4;

    private static readonly Gen<double> Wait = Gen.OneOf(
        Gen.Const(0.0), Gen.Double[0, 2], Gen.Double[0, 100], Gen.Const(299.999), Gen.Const(300.0), Gen.Const(599.999), Gen.Const(600.0));

    private static readonly Gen<(int Kind, int Peer, int Channel, double Wait)> Operation =
        Gen.Select(Gen.Int[0, 6], Gen.Int[0, Peers - 1], Gen.Int[0, Channels - 1], Wait);

    [Fact]
    public void Permissions_and_channels_live_as_long_as_the_RFC_says_RFC_8656_9_and_12() =>
        Operation.Array[1, 60].Sample(operations =>
        {
            var server = new TestServer(new PolicyChoice
            {
                Limits = new AllocationLimits { NewPeersPerSecond = 0 },
                Lifetimes = new LifetimePolicy { Allocation = 86_400, MaxAllocation = 86_400, Nonce = 86_400 },
            });
            TestClient client = new TestClient(server).Allocated();
            var model = new Model();
            foreach ((int kind, int peer, int channel, double wait) in operations)
            {
                Check(server, client, model, kind, peer, channel, wait);
            }
        }, iter: 300);

    private static void Check(TestServer server, TestClient client, Model model, int kind, int peer, int channel, double wait)
    {
        TransportAddress address = Addresses.PeerNumber(peer);
        ushort number = (ushort)(0x4000 + channel);
        switch (kind)
        {
            case 0:
                client.CreatePermission(address).IsSuccess();
                model.Permissions[peer] = server.Now + 300_000;
                break;
            case 1:
                bool allowed = model.MayBind(channel, peer, server.Now);
                Assert.Equal(allowed ? 0 : StunErrorCode.BadRequest, client.ChannelBind(number, address).Code);
                if (allowed)
                {
                    model.Bindings.RemoveAll(b => b.Channel == channel || b.Peer == peer);
                    model.Bindings.Add((channel, peer, server.Now + 600_000));
                    model.Permissions[peer] = server.Now + 300_000;
                }

                break;
            case 2:
                Outcome sent = client.SendIndication(address, "x"u8);
                Assert.Equal(model.Permitted(peer, server.Now) ? EgressKind.ToPeer : EgressKind.Drop, sent.Kind);
                break;
            case 3:
                Outcome up = client.SendChannelData(number, "x"u8);
                int bound = model.PeerOf(channel, server.Now);
                Assert.Equal(bound >= 0 ? EgressKind.ToPeer : EgressKind.Drop, up.Kind);
                if (bound >= 0)
                {
                    up.IsToPeer(Addresses.PeerNumber(bound), "x"u8);
                }

                break;
            case 4:
                Outcome down = server.FromPeer(server.RelayOf(client), address, "y"u8);
                int on = model.ChannelOf(peer, server.Now);
                if (!model.Permitted(peer, server.Now))
                {
                    down.IsDrop(DropReason.NoPermission);
                }
                else if (on >= 0)
                {
                    down.IsChannelData((ushort)(0x4000 + on), "y"u8);
                }
                else
                {
                    down.IsToClient().IsDataIndication(address, "y"u8);
                }

                break;
            case 5:
                server.Advance(wait);
                break;
            default:
                server.AdvanceUnnoticed(wait);
                break;
        }
    }

    private sealed class Model
    {
        private const long Cooldown = 300_000;

        public Dictionary<int, long> Permissions { get; } = [];

        public List<(int Channel, int Peer, long ExpiresAt)> Bindings { get; } = [];

        public bool Permitted(int peer, long now) => Permissions.TryGetValue(peer, out long expiresAt) && now < expiresAt;

        /// <summary>Neither the number nor the peer is in another binding, live or in its cool-down.</summary>
        public bool MayBind(int channel, int peer, long now) => !Bindings.Exists(
            b => now < b.ExpiresAt + Cooldown && (b.Channel == channel) != (b.Peer == peer));

        public int PeerOf(int channel, long now) =>
            Bindings.FindIndex(b => b.Channel == channel && now < b.ExpiresAt) is >= 0 and int i ? Bindings[i].Peer : -1;

        public int ChannelOf(int peer, long now) =>
            Bindings.FindIndex(b => b.Peer == peer && now < b.ExpiresAt) is >= 0 and int i ? Bindings[i].Channel : -1;
    }
}
