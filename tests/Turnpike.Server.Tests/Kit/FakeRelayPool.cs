using Turnpike.Protocol;

namespace Turnpike.Server.Tests;

internal sealed class FakeRelay(TransportAddress local, TransportAddress address) : Relay(local, address)
{
    /// <summary>How often it was told of a first permission.</summary>
    public int Permitted { get; private set; }

    protected internal override void OnPermitted() => Permitted++;
}

/// <summary>The ports of a machine: shards share them.</summary>
internal sealed class PortSpace
{
    public HashSet<TransportAddress> Open { get; } = [];
}

/// <summary>Relayed transport addresses without sockets: the lowest free port first, and a failure when one is closed twice.</summary>
internal sealed class FakeRelayPool(PortSpace? ports = null) : IRelayedTransportAddressPool
{
    private readonly PortSpace _ports = ports ?? new PortSpace();

    public bool SupportsDontFragment { get; set; } = true;

    public HashSet<AddressFamily> Families { get; } = [AddressFamily.IPv4, AddressFamily.IPv6];

    public TransportAddress Local { get; set; } = Addresses.Server;

    public TransportAddress Public { get; set; } = Addresses.Server;

    public ushort MinPort { get; set; } = 49152;

    public ushort MaxPort { get; set; } = 65535;

    public int OpenCount => _ports.Open.Count;

    public List<Relay> Adopted { get; } = [];

    public List<FakeRelay> Opened { get; } = [];

    public RelayOpening TryOpen(
        AddressFamily family, in TransportAddress server, PortParity parity, out Relay? relay, out Relay? reserved)
    {
        relay = reserved = null;
        if (!Families.Contains(family))
        {
            return RelayOpening.FamilyNotSupported;
        }

        for (int port = MinPort; port <= MaxPort; port++)
        {
            if ((parity != PortParity.Any && port % 2 != 0)
                || _ports.Open.Contains(At(family, port))
                || (parity == PortParity.EvenAndReserveNext && (port == MaxPort || _ports.Open.Contains(At(family, port + 1)))))
            {
                continue;
            }

            relay = Take(family, port);
            reserved = parity == PortParity.EvenAndReserveNext ? Take(family, port + 1) : null;
            return RelayOpening.Opened;
        }

        return RelayOpening.NoCapacity;
    }

    public void Adopt(Relay relay)
    {
        Assert.Contains(relay.Local, _ports.Open);
        Adopted.Add(relay);
    }

    public void Close(Relay relay) => Assert.True(_ports.Open.Remove(relay.Local), $"{relay.Local} was closed twice.");

    private TransportAddress At(AddressFamily family, int port) =>
        (family == AddressFamily.IPv4 ? Local : Addresses.ServerV6).WithPort((ushort)port);

    private FakeRelay Take(AddressFamily family, int port)
    {
        TransportAddress local = At(family, port);
        _ports.Open.Add(local);
        var relay = new FakeRelay(local, family == AddressFamily.IPv4 ? Public.WithPort((ushort)port) : local);
        Opened.Add(relay);
        return relay;
    }
}
