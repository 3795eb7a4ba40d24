using System.Net.Sockets;
using Turnpike.Protocol;
using Turnpike.Server;
using Turnpike.Sockets;
using AddressFamily = Turnpike.Protocol.AddressFamily;

namespace Turnpike.Edge.Transport;

/// <summary>Opens the relay sockets of one shard.</summary>
/// <param name="reactor">The shard's reactor.</param>
/// <param name="interfaces">Where relayed transport addresses may be.</param>
/// <param name="options">Of every relay socket.</param>
/// <param name="onExhausted">Told when the system, not the range, had nothing to give.</param>
internal sealed class RelaySocketPool(
    DatagramReactor reactor,
    IReadOnlyList<RelayInterface> interfaces,
    DatagramSocketOptions options,
    Action<SocketError> onExhausted) : IRelayedTransportAddressPool
{
    // Ports of the range may be in use by other programs; that many in a row means that something else is wrong.
    private const int MaxAttempts = 64;

    /// <summary>Those that the reactor reads.</summary>
    public ShardRelays Relays { get; } = new(interfaces);

    public bool SupportsDontFragment => OperatingSystem.IsLinux();

    public RelayOpening TryOpen(
        AddressFamily family, in TransportAddress server, PortParity parity, out Relay? relay, out Relay? reserved)
    {
        relay = reserved = null;
        if (RelayInterface.Choose(interfaces, family, server) is not { } chosen)
        {
            return RelayOpening.FamilyNotSupported;
        }

        // Ports that something else holds stay taken until the end, so that no attempt meets them twice.
        List<ushort>? refused = null;
        SocketError error = SocketError.Success;
        for (int attempt = 0; attempt < MaxAttempts && chosen.Ports.TryTake(parity, out ushort port); attempt++)
        {
            bool pair = parity == PortParity.EvenAndReserveNext;
            if (TryBind(chosen, port, out relay, out error))
            {
                if (!pair || TryBind(chosen, (ushort)(port + 1), out reserved, out error))
                {
                    break;
                }

                Close(relay!);
                (refused ??= []).Add((ushort)(port + 1));
            }
            else
            {
                (refused ??= []).Add(port);
                if (pair)
                {
                    refused.Add((ushort)(port + 1));
                }
            }

            relay = null;
            if (error != SocketError.AddressAlreadyInUse)
            {
                break;
            }
        }

        refused?.ForEach(chosen.Ports.Release);
        if (relay is not null)
        {
            if (reserved is not null)
            {
                Relays.Remove((RelaySocket)reserved);
                reactor.Detach(((RelaySocket)reserved).Socket);
            }

            return RelayOpening.Opened;
        }

        if (error != SocketError.Success)
        {
            onExhausted(error);
        }

        return RelayOpening.NoCapacity;
    }

    public void Adopt(Relay relay)
    {
        var socket = (RelaySocket)relay;
        reactor.Attach(socket.Socket);
        Relays.Add(socket);
    }

    public void Close(Relay relay)
    {
        var socket = (RelaySocket)relay;
        Relays.Remove(socket);
        reactor.Close(socket.Socket);
        socket.Interface.Ports.Release(relay.Local.Port);
    }

    private bool TryBind(RelayInterface on, ushort port, out Relay? relay, out SocketError error)
    {
        TransportAddress local = on.Local.WithPort(port);
        relay = null;
        if (!reactor.TryOpen(local.ToSocketEndpoint(), options, state: null, out DatagramSocket? socket, out error))
        {
            return false;
        }

        var opened = new RelaySocket(socket, on, local, on.Public.WithPort(port));
        socket.State = opened;
        Relays.Add(opened);
        relay = opened;
        return true;
    }
}
