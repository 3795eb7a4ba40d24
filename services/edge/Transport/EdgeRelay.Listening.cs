using System.Net.Sockets;
using Turnpike.Edge.Options;
using Turnpike.Edge.Transport.Dtls;
using Turnpike.Edge.Transport.Streams;
using Turnpike.ServiceDefaults.Settings;
using Turnpike.Sockets;

namespace Turnpike.Edge.Transport;

/// <summary>How the relay comes to listen where its settings say.</summary>
internal sealed partial class EdgeRelay
{
    /// <summary>Before any of them is bound: a listener on every address, and one on a single one, may share a port.</summary>
    private void CheckListenerPorts()
    {
        for (int i = 0; i < _settings.Listeners.Count; i++)
        {
            if (!_settings.Listeners[i].IsStream
                && ListenerPorts.Look(SocketEndpoint.From(_settings.Listeners[i].Endpoint)) is not SocketError.Success and var error)
            {
                throw CannotListen(i, new SocketException((int)error));
            }
        }
    }

    /// <summary>Binds one listening address, once in every shard.</summary>
    private void Listen(int index)
    {
        ListenerEndpoint listener = _settings.Listeners[index];
        bool wildcard = LocalAddresses.IsWildcard(listener.Endpoint.Address);
        var endpoint = SocketEndpoint.From(listener.Endpoint);
        DatagramSocketOptions options = ListenerOptions(wildcard);
        foreach (Shard shard in _shards)
        {
            if (!shard.TryOpen(endpoint, options, out DatagramSocket? socket, out SocketError error))
            {
                throw CannotListen(index, new SocketException((int)error));
            }

            // Port 0 is the system's choice once; the other shards share what it chose.
            endpoint.Port = socket.Local.Port;
            ShardDtls? dtls = listener.HasDtls
                ? shard.UseDtls(_handshakes, _settings.Dtls.Sessions, _settings.Dtls.MaxDatagram)
                : null;
            shard.Add(new Listener(shard.Listeners.Count, socket, wildcard, dtls, isPlain: listener.Scheme == "udp"));
            WarnOfBuffers(socket, options);
        }

        string[] schemes = listener.Scheme == "dtls" ? ["turns"] : listener.HasDtls ? ["turn", "turns"] : ["turn"];
        _listeners.Add(listener, endpoint.Port, schemes, "udp");
    }

    private DatagramSocketOptions ListenerOptions(bool wildcard) => new()
    {
        ReusePort = _shards.Count > 1,
        ReceivePacketInfo = wildcard,
        ReceiveBuffer = _settings.Sockets.ListenerReceiveBuffer,
        SendBuffer = _settings.Sockets.ListenerSendBuffer,
        ReceiveTrafficClass = _settings.Relay.PreserveTrafficClass,
    };

    /// <summary>Binds one listening address for TCP, TLS or both; Kestrel accepts there once it is started.</summary>
    private void ListenForStreams(int index)
    {
        StreamListener listener = _streams.Listeners.Single(listener => listener.Index == index);
        try
        {
            listener.Bind();
        }
        catch (SocketException exception)
        {
            throw CannotListen(index, exception);
        }

        string[] schemes = listener.Settings.Scheme switch { "tls" => ["turns"], "tcp" => ["turn"], _ => ["turn", "turns"] };
        _listeners.Add(listener.Settings, listener.Bound.Port, schemes, "tcp");
    }

    private SettingsException CannotListen(int index, SocketException why)
    {
        ListenerEndpoint listener = _settings.Listeners[index];
        return new SettingsException(EdgeSettings.Catalog.Of<EdgeOptions>(nameof(EdgeOptions.Listeners)).Problem(
            $"{listener.Scheme}://{listener.Endpoint}", $"cannot listen there ({why.Message})", $"{index}"));
    }

    private void WarnOfBuffers(DatagramSocket socket, DatagramSocketOptions options)
    {
        if (socket.GrantedReceiveBuffer < options.ReceiveBuffer)
        {
            LogSmallBuffer(_logger, "receive", options.ReceiveBuffer, socket.GrantedReceiveBuffer, "net.core.rmem_max");
        }

        if (socket.GrantedSendBuffer < options.SendBuffer)
        {
            LogSmallBuffer(_logger, "send", options.SendBuffer, socket.GrantedSendBuffer, "net.core.wmem_max");
        }
    }

    [LoggerMessage(EventId = 1200, Level = LogLevel.Warning,
        Message = "The kernel grants a {Direction} buffer of {Granted} bytes where {Asked} are asked for; bursts will be dropped. Raise {Sysctl}, or give CAP_NET_ADMIN")]
    private static partial void LogSmallBuffer(ILogger logger, string direction, int asked, int granted, string sysctl);
}
