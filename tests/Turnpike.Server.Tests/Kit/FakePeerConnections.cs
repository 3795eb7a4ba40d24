using Turnpike.Protocol;

namespace Turnpike.Server.Tests;

/// <summary>
/// TCP connections without sockets. It fails when anything is closed twice or joined twice, and when an address stops listening
/// before its connections are closed.
/// </summary>
internal sealed class FakePeerConnections : IPeerConnections
{
    private readonly Dictionary<uint, Relay> _open = [];

    public bool RelaysTcp { get; set; } = true;

    public HashSet<AddressFamily> Families { get; } = [AddressFamily.IPv4, AddressFamily.IPv6];

    public bool HasPorts { get; set; } = true;

    public List<Relay> Listening { get; } = [];

    public List<(Relay Relay, TransportAddress Peer, uint Id)> Attempts { get; } = [];

    public List<(uint Id, FiveTuple DataConnection)> Joined { get; } = [];

    public List<uint> Closed { get; } = [];

    /// <summary>Connections that were begun or accepted, and not closed by either side.</summary>
    public int OpenCount => _open.Count;

    public uint LastAttempt => Attempts[^1].Id;

    public RelayOpening TryListen(AddressFamily family, in TransportAddress server, out Relay? relay)
    {
        relay = null;
        if (!Families.Contains(family))
        {
            return RelayOpening.FamilyNotSupported;
        }

        if (!HasPorts)
        {
            return RelayOpening.NoCapacity;
        }

        TransportAddress local = (family == AddressFamily.IPv4 ? Addresses.Server : Addresses.ServerV6)
            .WithPort((ushort)(50_000 + Listening.Count));
        relay = new FakeRelay(local, local);
        Listening.Add(relay);
        return RelayOpening.Opened;
    }

    public void Connect(Relay relay, in TransportAddress peer, uint connectionId)
    {
        Attempts.Add((relay, peer, connectionId));
        _open.Add(connectionId, relay);
    }

    /// <summary>A connection that a peer opened and the server took.</summary>
    public void Accepted(Relay relay, uint connectionId) => _open.Add(connectionId, relay);

    /// <summary>A connection that ended by itself.</summary>
    public void Ended(uint connectionId) => Assert.True(_open.Remove(connectionId));

    public void Bind(uint connectionId, in FiveTuple dataConnection)
    {
        Assert.Contains(connectionId, _open.Keys);
        Assert.DoesNotContain(Joined, joined => joined.Id == connectionId);
        Joined.Add((connectionId, dataConnection));
    }

    public void Close(uint connectionId)
    {
        Assert.True(_open.Remove(connectionId), $"Connection {connectionId} was closed twice.");
        Closed.Add(connectionId);
    }

    public void Close(Relay relay)
    {
        Assert.DoesNotContain(relay, _open.Values);
        Assert.True(Listening.Remove(relay), $"{relay.Local} was closed twice.");
    }
}
