using Turnpike.Edge.Transport;
using Turnpike.Protocol;
using Turnpike.Server;

namespace Turnpike.Edge.Tests.Cluster;

/// <summary>A shard without a thread: what is posted is done when the test says so, on a real server without sockets.</summary>
internal sealed class FakeShard : IShardInbox
{
    private readonly Queue<Action<TurnServer>> _posted = new();

    public FakeShard(TurnServer? server = null) => Server = server ?? CreateServer();

    public TurnServer Server { get; }

    /// <summary>Things left here and not done yet.</summary>
    public int Count
    {
        get
        {
            lock (_posted)
            {
                return _posted.Count;
            }
        }
    }

    /// <summary>Answers that were sent.</summary>
    public List<EgressKind> Sent { get; } = [];

    public void Post(Action<TurnServer> action)
    {
        lock (_posted)
        {
            _posted.Enqueue(action);
        }
    }

    public void Ask(ServerQuestion question) => Post(server => Sent.Add(question(server, 0).Kind));

    /// <summary>Does what is there, and says how much it was.</summary>
    public int Run()
    {
        int done = 0;
        while (true)
        {
            Action<TurnServer> action;
            lock (_posted)
            {
                if (!_posted.TryDequeue(out action!))
                {
                    return done;
                }
            }
            action(Server);
            done++;
        }
    }

    private static TurnServer CreateServer() => new(
        new ServerPolicy { Realm = "turnpike", Credentials = new CredentialChain(), NonceKeys = [NonceKey.Create()] },
        new NoRelays(),
        new LocalQuotaGate(0, 0, 0),
        new ReservationTable());

    private sealed class NoRelays : IRelayedTransportAddressPool
    {
        public bool SupportsDontFragment => true;

        public RelayOpening TryOpen(AddressFamily family, in TransportAddress server, PortParity parity, out Relay? relay, out Relay? reserved)
        {
            relay = reserved = null;
            return RelayOpening.NoCapacity;
        }

        public void Adopt(Relay relay) => throw new InvalidOperationException("There is none.");

        public void Close(Relay relay) => throw new InvalidOperationException("There is none.");
    }
}
