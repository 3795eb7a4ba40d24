using CsCheck;
using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;

namespace Turnpike.Server.Tests;

/// <summary>
/// Whatever happens in whatever order: what has started and not ended is alive, what quota was taken and not given back belongs to it,
/// and what the allocations have relayed is what the server has relayed.
/// </summary>
public class BookkeepingTests
{
    private const int Clients = 6;

    private static readonly string[] Names = ["red/alice", "red/bob", "blue/alice"];

    private static readonly Gen<(int Kind, int Client, int Detail)> Step =
        Gen.Select(Gen.Int[0, 16], Gen.Int[0, Clients - 1], Gen.Int[0, 5]);

    [Fact]
    public void Beginnings_ends_quota_and_traffic_add_up() =>
        Step.Array[1, 120].Sample(steps =>
        {
            var run = new Run();
            foreach ((int kind, int client, int detail) in steps)
            {
                run.Take(kind, client, detail);
                run.Check();
            }

            run.End();
        }, iter: 400);

    private sealed class Run
    {
        private readonly TenantUsers _users = new();
        private readonly HeldQuota _quota = new();
        private readonly FakePeerConnections _connections = new();
        private readonly TestServer _server;
        private readonly TestClient[] _clients = new TestClient[Clients];
        private readonly byte[]?[] _tickets = new byte[]?[Clients];

        public Run()
        {
            _server = new TestServer(
                new PolicyChoice
                {
                    Credentials = _users,
                    TicketKeys = [MobilityScene.Key],
                    UnauthenticatedResponsesPerSecond = 0,
                    Lifetimes = new LifetimePolicy { Nonce = 1_000_000 },
                }.With(new RealmRules { Name = "red", Limits = new AllocationLimits { PacketsPerSecond = 3 } }),
                quota: _quota,
                connections: _connections,
                maxParkedRequests: 2);
            for (int i = 0; i < Clients; i++)
            {
                _clients[i] = Client(i);
            }
        }

        public void Take(int kind, int number, int detail)
        {
            TestClient client = _clients[number];
            switch (kind)
            {
                case 0 or 1 or 2:
                    Allocate(client, number, detail);
                    break;
                case 3:
                    Ask(client, client.Build(StunMethod.Refresh, (ref StunMessageWriter w) => RefreshOf(ref w, detail)));
                    break;
                case 4:
                    Ask(client, client.Build(StunMethod.ChannelBind, (ref StunMessageWriter w) =>
                    {
                        ChannelNumber.Write(ref w, 0x4000);
                        XorPeerAddress.Write(ref w, Addresses.Peer);
                    }));
                    break;
                case 5 or 6:
                    client.SendChannelData(0x4000, new byte[detail * 10]);
                    client.SendIndication(Addresses.Peer, new byte[detail]);
                    break;
                case 7 or 8 when Relay(client) is { } relay:
                    _server.FromPeer(relay, Addresses.Peer, new byte[detail * 7]);
                    break;
                case 9:
                    _server.Advance(detail * 200);
                    break;
                case 10:
                    _server.AdvanceUnnoticed(detail * 200);
                    break;
                case 11:
                    _server.Turn.OnClientClosed(client.FiveTuple, _server.Now);
                    break;
                case 12 when _server.Observer.Begun.Count > 0:
                    _server.Turn.EndAllocation(_server.Observer.Begun[(number + detail) % _server.Observer.Begun.Count].Id, AllocationEnd.Terminated);
                    break;
                case 13:
                    _server.Turn.EndAllocations(allocation => allocation.User == "alice" && detail > 2, AllocationEnd.Revoked);
                    break;
                case 14:
                    _quota.Answer(_server, detail);
                    break;
                case 15:
                    Move(number, detail);
                    break;
                default:
                    Change(detail, Names[number % Names.Length]);
                    break;
            }
        }

        public void Check()
        {
            RecordingObserver seen = _server.Observer;
            Assert.Equal(seen.Begun.Count - seen.Ends.Count, _server.Turn.AllocationCount);
            Assert.Equal(seen.Live.Count, _server.Turn.AllocationCount);
            Assert.Equal(seen.Begun.Count, _server.Counters.AllocationsCreated);
            Assert.Equal(seen.Ends.Count, _server.Counters.AllocationsEnded);
            Assert.Equal(
                seen.Live.GroupBy(allocation => (allocation.Realm, allocation.User)).ToDictionary(group => group.Key, group => group.Count()),
                _quota.Held);
            Assert.Equal(seen.Begun.Sum(a => a.Traffic.PacketsToPeers), _server.Counters.PacketsToPeers);
            Assert.Equal(seen.Begun.Sum(a => a.Traffic.BytesToPeers), _server.Counters.BytesToPeers);
            Assert.Equal(seen.Begun.Sum(a => a.Traffic.PacketsToClients), _server.Counters.PacketsToClients);
            Assert.Equal(seen.Begun.Sum(a => a.Traffic.BytesToClients), _server.Counters.BytesToClients);
        }

        public void End()
        {
            _server.Turn.EndAllAllocations();
            _server.Advance(10);
            while (_quota.Waiting > 0)
            {
                _quota.Answer(_server, 1);
            }

            Check();
            Assert.Equal((0, 0, 0), (_server.Turn.AllocationCount, _server.Pool.OpenCount, _server.Turn.ParkedRequestCount));
            Assert.Empty(_quota.Held);
            Assert.Empty(_connections.Listening);
            Assert.Equal(0, _connections.OpenCount);
        }

        private static void RefreshOf(ref StunMessageWriter writer, int detail)
        {
            if (detail > 0)
            {
                Lifetime.Write(ref writer, detail > 3 ? 0u : (uint)(detail * 700));
            }

            if (detail is 2 or 5)
            {
                RequestedAddressFamily.Write(ref writer, AddressFamily.IPv4);
            }
        }

        /// <summary>The client of a number: three over UDP, three over TCP; a nonce is fetched once for all.</summary>
        private TestClient Client(int number, int port = 40_000)
        {
            TestClient client = TenantUsers.Client(
                _server, Names[number % Names.Length], port + number, number < 3 ? ClientTransport.Udp : ClientTransport.Tcp);
            client.Challenge();
            return client;
        }

        private void Allocate(TestClient client, int number, int detail)
        {
            bool tcp = detail == 5 && number >= 3;
            Reply? reply = Ask(client, client.Build(StunMethod.Allocate, (ref StunMessageWriter w) =>
            {
                RequestedTransport.Write(ref w, tcp ? (byte)6 : (byte)17);
                if (detail is 1 or 2 && !tcp)
                {
                    MobilityTicket.Write(ref w, []);
                }

                if (detail is 2 or 3 && !tcp)
                {
                    AdditionalAddressFamily.Write(ref w, AddressFamily.IPv6);
                }
            }));
            _tickets[number] = reply?.Value(StunAttributeType.MobilityTicket) ?? _tickets[number];
            if (tcp && reply?.Code == 0)
            {
                client.Send(client.Build(StunMethod.Connect, (ref StunMessageWriter w) =>
                    XorPeerAddress.Write(ref w, Addresses.Peer)));
            }
        }

        private void Move(int number, int detail)
        {
            if (_tickets[number] is { } ticket)
            {
                TestClient moved = Client(number, 41_000 + (detail * 100));
                Reply? reply = Ask(moved, moved.Build(StunMethod.Refresh, (ref StunMessageWriter w) =>
                    MobilityTicket.Write(ref w, ticket)));
                if (reply?.Code == 0)
                {
                    _tickets[number] = reply.Value(StunAttributeType.MobilityTicket);
                    _clients[number] = moved;
                }
            }
        }

        private void Change(int detail, string user)
        {
            switch (detail)
            {
                case 0:
                    _quota.Pending = !_quota.Pending;
                    break;
                case 1:
                    if (!_users.Revoked.Remove(user))
                    {
                        _users.Revoked.Add(user);
                    }

                    break;
                case 2:
                    _server.Turn.Draining = !_server.Turn.Draining;
                    break;
                case 3:
                    _server.Turn.EndAllAllocations();
                    break;
                default:
                    _server.Change(choice => choice.With(new RealmRules
                    {
                        Name = "blue",
                        Peers = detail == 4 ? PolicyChoice.PeerRules(deny: ["8.0.0.0/8"]) : PolicyChoice.PeerRules(),
                    }));
                    break;
            }
        }

        private Relay? Relay(TestClient client) => _server.Turn.Allocations.Find(client.FiveTuple)?.RelayIPv4;

        private static Reply? Ask(TestClient client, byte[] request)
        {
            Outcome outcome = client.Send(request);
            return outcome.Kind == EgressKind.ToClient ? new Reply(outcome.Datagram) : null;
        }
    }

    /// <summary>Quota by realm and user, granted at once or later.</summary>
    private sealed class HeldQuota : IQuotaGate
    {
        private readonly List<(string Realm, string User, long Ticket)> _waiting = [];

        public bool Pending { get; set; }

        public int Waiting => _waiting.Count;

        public Dictionary<(string Realm, string User), int> Held { get; } = [];

        public QuotaDecision TryAcquire(string realm, string user, long ticket)
        {
            if (Pending)
            {
                _waiting.Add((realm, user, ticket));
                return QuotaDecision.Pending;
            }

            Take(realm, user);
            return QuotaDecision.Granted;
        }

        public void Release(string realm, string user)
        {
            Assert.True(Held.TryGetValue((realm, user), out int held), "More quota was given back than granted.");
            if (held == 1)
            {
                Held.Remove((realm, user));
            }
            else
            {
                Held[(realm, user)] = held - 1;
            }
        }

        public void Answer(TestServer server, int detail)
        {
            if (_waiting.Count == 0)
            {
                return;
            }

            (string realm, string user, long ticket) = _waiting[0];
            _waiting.RemoveAt(0);
            if (detail > 0)
            {
                Take(realm, user);
            }

            server.CompleteQuota(ticket, detail > 0 ? QuotaDecision.Granted : QuotaDecision.ByteQuotaReached, user, realm);
        }

        private void Take(string realm, string user) => Held[(realm, user)] = Held.GetValueOrDefault((realm, user)) + 1;
    }
}
