using Turnpike.Protocol;
using Turnpike.Server;

namespace Turnpike.Fuzz.Targets;

/// <summary>Relayed transport addresses without sockets, of a range so small that it runs full.</summary>
internal sealed class FuzzRelays : IRelayedTransportAddressPool
{
    private const ushort FirstPort = 50_000;
    private const ushort LastPort = 50_007;

    /// <summary>Those that are open, in the order of opening.</summary>
    public List<Relay> Open { get; } = [];

    public bool SupportsDontFragment => true;

    public RelayOpening TryOpen(
        AddressFamily family, in TransportAddress server, PortParity parity, out Relay? relay, out Relay? reserved)
    {
        relay = reserved = null;
        for (ushort port = FirstPort; port <= LastPort; port++)
        {
            bool even = parity == PortParity.Any || port % 2 == 0;
            bool pair = parity == PortParity.EvenAndReserveNext;
            if (even && IsFree(family, port) && (!pair || IsFree(family, (ushort)(port + 1))))
            {
                relay = Take(family, port);
                reserved = pair ? Take(family, (ushort)(port + 1)) : null;
                return RelayOpening.Opened;
            }
        }

        return RelayOpening.NoCapacity;
    }

    public void Adopt(Relay relay) => FuzzException.Unless(Open.Contains(relay), "A closed port is adopted.");

    public void Close(Relay relay) => FuzzException.Unless(Open.Remove(relay), "A port is closed twice.");

    private static TransportAddress At(AddressFamily family, ushort port) =>
        family == AddressFamily.IPv4 ? TransportAddress.IPv4(0x1400_0001, port) : TransportAddress.IPv6(0x2A00_1450UL << 32, 1, port);

    private bool IsFree(AddressFamily family, ushort port) => !Open.Exists(relay => relay.Local.Equals(At(family, port)));

    private FuzzRelay Take(AddressFamily family, ushort port)
    {
        var relay = new FuzzRelay(At(family, port));
        Open.Add(relay);
        return relay;
    }

    private sealed class FuzzRelay(TransportAddress address) : Relay(address, address);
}
