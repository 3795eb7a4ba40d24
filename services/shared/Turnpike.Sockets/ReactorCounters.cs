namespace Turnpike.Sockets;

/// <summary>
/// What a reactor did since it was made. Written by the reactor's thread without synchronisation; another thread that reads
/// them sees values that are whole but may be a moment old.
/// </summary>
public sealed class ReactorCounters
{
    internal ReactorCounters()
    {
    }

    /// <summary>Datagrams given to the handler.</summary>
    public long DatagramsReceived { get; internal set; }

    /// <summary>Datagrams that the kernel took.</summary>
    public long DatagramsSent { get; internal set; }

    /// <summary>System calls that read datagrams.</summary>
    public long ReceiveCalls { get; internal set; }

    /// <summary>System calls that sent datagrams.</summary>
    public long SendCalls { get; internal set; }

    /// <summary>Trains that came from the kernel in one piece (UDP_GRO), of two datagrams or more.</summary>
    public long TrainsReceived { get; internal set; }

    /// <summary>Trains that the kernel took in one piece (UDP_SEGMENT), of two datagrams or more.</summary>
    public long TrainsSent { get; internal set; }

    /// <summary>Trains that the kernel did not take in one piece, and got as single datagrams.</summary>
    public long TrainsRefused { get; internal set; }

    /// <summary>Rounds.</summary>
    public long PollCalls { get; internal set; }

    /// <summary>Datagrams dropped because the socket's send buffer was full.</summary>
    public long SendDroppedWouldBlock { get; internal set; }

    /// <summary>Datagrams dropped because the kernel or the device had no buffer.</summary>
    public long SendDroppedNoBuffers { get; internal set; }

    /// <summary>Datagrams dropped because they are too long for UDP, or for the path with "do not fragment".</summary>
    public long SendDroppedTooBig { get; internal set; }

    /// <summary>Datagrams dropped for any other reason: no route, a firewall, another address family, a closed socket.</summary>
    public long SendDroppedOther { get; internal set; }

    /// <summary>Datagrams longer than the buffer.</summary>
    public long ReceiveTruncated { get; internal set; }

    /// <summary>Datagrams that were read for a socket which the handler then closed or detached in the same batch.</summary>
    public long ReceiveDiscarded { get; internal set; }

    /// <summary>
    /// Datagrams that the kernel dropped for a full receive buffer, as far as later datagrams told (SO_RXQ_OVFL); it may count a train
    /// as one.
    /// </summary>
    public long KernelReceiveDrops { get; internal set; }

    /// <summary>Errors of this host, not of the network, read from the error queues.</summary>
    public long LocalErrors { get; internal set; }
}
