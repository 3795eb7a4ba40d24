using System.Net;
using Turnpike.Edge.Options;
using Turnpike.Protocol;

namespace Turnpike.Edge.Transport;

/// <summary>The listeners that are bound: what clients call them, and that they are nobody's peer.</summary>
/// <param name="interfaces">Where relayed transport addresses live, and what those are called outside.</param>
internal sealed class AdvertisedListeners(IReadOnlyList<RelayInterface> interfaces)
{
    private readonly List<Entry> _entries = [];
    private volatile IReadOnlyList<string> _urls = [];

    /// <summary>As clients write them: <c>turn:192.0.2.1:3478?transport=udp</c>.</summary>
    public IReadOnlyList<string> Urls => _urls;

    /// <summary>Where they listen, by the addresses of this host and by those that clients are told.</summary>
    public IEnumerable<TransportAddress> Addresses => _entries.SelectMany(entry =>
        LocalAddresses.Expand(entry.Listener.Endpoint.Address).Concat(ToldOf(entry.Listener)).Distinct()
            .Select(address => TransportAddress.From(address, (ushort)entry.Port)));

    /// <summary>Adds a listener that is bound.</summary>
    public void Add(ListenerEndpoint listener, int port, IReadOnlyList<string> schemes, string transport)
    {
        _entries.Add(new Entry(listener, port, schemes, transport));
        Refresh();
    }

    /// <summary>Takes over what the interfaces are called now.</summary>
    public void Refresh() => _urls =
    [
        .. from entry in _entries
           from scheme in entry.Schemes
           from host in ToldOf(entry.Listener)
           select $"{scheme}:{LocalAddresses.InUrl(host)}:{entry.Port}?transport={entry.Transport}",
    ];

    private IReadOnlyList<IPAddress> ToldOf(ListenerEndpoint listener) => listener.Public is { } address
        ? [address]
        : [.. LocalAddresses.Expand(listener.Endpoint.Address).Select(OutsideOf)];

    // An address that is no relay's, or that the settings name for relays alone, is called what it is.
    private IPAddress OutsideOf(IPAddress local)
    {
        TransportAddress address = TransportAddress.From(local, 0);
        return interfaces.FirstOrDefault(on => !on.IsNamed && on.Local.SameAddress(address))?.Public.ToIPEndPoint().Address ?? local;
    }

    private sealed record Entry(ListenerEndpoint Listener, int Port, IReadOnlyList<string> Schemes, string Transport);
}
