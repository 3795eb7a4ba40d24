namespace Turnpike.Sockets;

/// <summary>A bound UDP socket. It is read and written only through the reactor that it is attached to.</summary>
public abstract class DatagramSocket
{
    private readonly SocketEndpoint _local;

    private protected DatagramSocket(in SocketEndpoint local, object? state)
    {
        _local = local;
        State = state;
    }

    /// <summary>The bound address, with the port that the system chose where 0 was asked for.</summary>
    public SocketEndpoint Local => _local;

    /// <summary>The owner's reference.</summary>
    public object? State { get; set; }

    /// <summary>Receive buffer granted, in bytes as they are asked for (Linux keeps the double); 0 once closed.</summary>
    public abstract int GrantedReceiveBuffer { get; }

    /// <summary>Send buffer granted, in bytes as they are asked for (Linux keeps the double); 0 once closed.</summary>
    public abstract int GrantedSendBuffer { get; }

    /// <summary>
    /// Traffic is expected from here on: sets what <see cref="DatagramSocketOptions.StartsIdle"/> left. Once is enough, and the owner's thread does it.
    /// </summary>
    public virtual void Prepare()
    {
    }

    /// <summary>The reactor that reads this socket; null while it is detached or closed.</summary>
    internal DatagramReactor? Owner { get; set; }

    internal bool IsClosed { get; set; }

    internal ref readonly SocketEndpoint LocalReference => ref _local;
}
