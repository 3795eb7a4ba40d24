using System.Diagnostics.CodeAnalysis;
using Turnpike.Cluster;
using Turnpike.Edge.Options;
using Turnpike.Protocol;
using Turnpike.Server;

namespace Turnpike.Edge.Cluster;

/// <summary>
/// Where clients go while this edge drains: to an edge of the cluster that is ready and that they reach in the same way, over the same
/// transport and address family, those of this region first. What the settings name goes before.
/// </summary>
/// <remarks>
/// No name of a certificate goes along: the edges of a cluster share theirs, and a client checks the one that it came by.
/// </remarks>
/// <param name="settings">The edge's own settings.</param>
/// <param name="ownId">This edge among the others.</param>
internal sealed class ClusterRedirect(EdgeSettings settings, string ownId) : IRedirectSource
{
    private static readonly int Transports = Enum.GetValues<ClientTransport>().Length;

    private volatile RedirectTarget[][] _targets = Empty();
    private uint _next;

    /// <summary>Takes over which edges there are.</summary>
    public void Use(IReadOnlyList<EdgeRecord> edges)
    {
        EdgeRecord[] ready = [.. edges.Where(edge => edge.Id != ownId && edge.State == "ready")];
        EdgeRecord[] near = [.. ready.Where(edge => edge.Region == settings.Region)];
        RedirectTarget[][] targets = Empty();
        for (int i = 0; i < targets.Length; i++)
        {
            targets[i] = TargetsOf(near, i);
            if (targets[i].Length == 0)
            {
                targets[i] = TargetsOf(ready, i);
            }
        }

        _targets = targets;
    }

    /// <inheritdoc/>
    public bool TryChoose(RedirectOccasion occasion, ClientTransport transport, AddressFamily family, [NotNullWhen(true)] out RedirectTarget? target)
    {
        if (settings.Redirect.TryChoose(occasion, transport, family, out target))
        {
            return true;
        }

        RedirectTarget[] others = occasion == RedirectOccasion.Draining && settings.DrainRedirects ? _targets[IndexOf(transport, family)] : [];
        target = others.Length > 0 ? others[Interlocked.Increment(ref _next) % (uint)others.Length] : null;
        return target is not null;
    }

    private static RedirectTarget[][] Empty() => [.. Enumerable.Range(0, Transports * 2).Select(_ => Array.Empty<RedirectTarget>())];

    private static int IndexOf(ClientTransport transport, AddressFamily family) => ((int)transport * 2) + (family == AddressFamily.IPv6 ? 1 : 0);

    private static RedirectTarget[] TargetsOf(IEnumerable<EdgeRecord> edges, int index) =>
    [
        .. edges.SelectMany(edge => edge.Urls)
            .Where(url => TryRead(url, out ClientTransport transport, out TransportAddress address) && IndexOf(transport, address.Family) == index)
            .Select(url => new RedirectTarget(AddressOf(url), [])),
    ];

    private static TransportAddress AddressOf(string url) => TryRead(url, out _, out TransportAddress address) ? address : default;

    // turn:HOST:PORT?transport=udp (RFC 7065); a host that is a name stands for no address that could be told.
    private static bool TryRead(string url, out ClientTransport transport, out TransportAddress address)
    {
        address = default;
        int colon = url.IndexOf(':', StringComparison.Ordinal);
        int query = url.IndexOf('?', StringComparison.Ordinal);
        (transport, bool known) = (url[..Math.Max(colon, 0)], query < 0 ? "" : url[query..]) switch
        {
            ("turn", "?transport=udp") => (ClientTransport.Udp, true),
            ("turn", "?transport=tcp") => (ClientTransport.Tcp, true),
            ("turns", "?transport=udp") => (ClientTransport.Dtls, true),
            ("turns", "?transport=tcp") => (ClientTransport.Tls, true),
            _ => (default, false),
        };
        return known && TransportAddress.TryParse(url.AsSpan(colon + 1, query - colon - 1), out address) && address.Port != 0;
    }
}
