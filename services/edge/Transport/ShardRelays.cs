using Turnpike.Protocol;

namespace Turnpike.Edge.Transport;

/// <summary>
/// The relayed transport addresses of one shard by address and port: two clients of one edge are each other's peers by their relayed
/// addresses, and what one sends the other need not go through the kernel and back.
/// </summary>
/// <param name="interfaces">Where relayed transport addresses may be.</param>
internal sealed class ShardRelays(IReadOnlyList<RelayInterface> interfaces)
{
    private readonly TransportAddress[] _addresses = [.. interfaces.Select(on => on.Local)];

    // By port: the edge draws them at random, so nobody outside can aim them at one bucket.
    private readonly Dictionary<ushort, RelaySocket>[] _relays =
        [.. interfaces.Select(_ => new Dictionary<ushort, RelaySocket>())];

    /// <summary>The relay that is bound to an address; null where it is none of this shard.</summary>
    public RelaySocket? Find(in TransportAddress address) =>
        At(address) is { } relays && relays.TryGetValue(address.Port, out RelaySocket? relay) ? relay : null;

    public void Add(RelaySocket relay) => At(relay.Local)![relay.Local.Port] = relay;

    /// <summary>Another shard's, as a reserved one may be, is not here and does no harm.</summary>
    public void Remove(RelaySocket relay)
    {
        if (ReferenceEquals(Find(relay.Local), relay))
        {
            At(relay.Local)!.Remove(relay.Local.Port);
        }
    }

    private Dictionary<ushort, RelaySocket>? At(in TransportAddress address)
    {
        TransportAddress[] addresses = _addresses;
        for (int i = 0; i < addresses.Length; i++)
        {
            if (addresses[i].SameAddress(address))
            {
                return _relays[i];
            }
        }

        return null;
    }
}
