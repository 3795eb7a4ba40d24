using System.Net;
using System.Net.Sockets;
using Turnpike.Edge.Options;
using Turnpike.Protocol;
using Turnpike.Server;
using Turnpike.ServiceDefaults.Settings;
using Turnpike.Sockets;

namespace Turnpike.Edge.Transport;

/// <summary>
/// The three sockets beside a listener that NAT behaviour discovery needs (RFC 5780 section 6): the same address with the other
/// port, and the other address with both. Every shard has all four, since it answers from any of them.
/// </summary>
internal static class NatDiscoveryListeners
{
    /// <summary>Before the shards start: opens them.</summary>
    /// <param name="shards">The shards, their listeners open.</param>
    /// <param name="settings">Where.</param>
    /// <param name="options">Of every listener socket.</param>
    /// <param name="bound">Receives what was bound.</param>
    /// <exception cref="SettingsException">The kernel refuses one of them.</exception>
    public static NatDiscoveryPolicy Open(
        IReadOnlyList<Shard> shards, NatDiscoverySettings settings, DatagramSocketOptions options, ICollection<IPEndPoint> bound)
    {
        Listener primary = shards[0].Listeners.First(listener => IsOf(listener, settings.Listener));
        TransportAddress local = primary.Local;
        TransportAddress other = TransportAddress.From(settings.Alternate, local.Port);
        ushort port = (ushort)settings.AlternatePort;

        Listener otherPort = OpenAll(shards, local.WithPort(port), settings, options);
        port = otherPort.Local.Port;
        Listener otherAddress = OpenAll(shards, other, settings, options);
        Listener both = OpenAll(shards, other.WithPort(port), settings, options);
        foreach (Listener opened in (Listener[])[otherPort, otherAddress, both])
        {
            bound.Add(opened.Local.ToIPEndPoint());
        }

        var told = TransportAddress.From(settings.Listener.Public ?? settings.Listener.Endpoint.Address, local.Port);
        var otherTold = TransportAddress.From(settings.AlternatePublic, local.Port);
        return new NatDiscoveryPolicy(
            new NatDiscoverySource(local, told, primary.Index),
            new NatDiscoverySource(otherPort.Local, told.WithPort(port), otherPort.Index),
            new NatDiscoverySource(otherAddress.Local, otherTold, otherAddress.Index),
            new NatDiscoverySource(both.Local, otherTold.WithPort(port), both.Index));
    }

    private static bool IsOf(Listener listener, ListenerEndpoint endpoint) =>
        listener is { IsPlain: true, IsWildcard: false }
        && listener.Local.SameAddress(TransportAddress.From(endpoint.Endpoint.Address, 0))
        && (endpoint.Endpoint.Port == 0 || endpoint.Endpoint.Port == listener.Local.Port);

    /// <summary>Opens one address in every shard, under the same index.</summary>
    private static Listener OpenAll(
        IReadOnlyList<Shard> shards, TransportAddress local, NatDiscoverySettings settings, DatagramSocketOptions options)
    {
        Listener? first = null;
        foreach (Shard shard in shards)
        {
            if (!shard.TryOpen((first?.Local ?? local).ToSocketEndpoint(), options, out DatagramSocket? socket, out SocketError error))
            {
                throw new SettingsException(EdgeSettings.Catalog.Of<NatDiscoveryOptions>(nameof(NatDiscoveryOptions.AlternateAddress)).Problem(
                    $"{settings.Alternate}", $"cannot listen on {local} ({new SocketException((int)error).Message})"));
            }

            var listener = new Listener(shard.Listeners.Count, socket, isWildcard: false);
            shard.Add(listener);
            first ??= listener;
        }

        return first!;
    }
}
