namespace Turnpike.Sockets;

/// <summary>A datagram in the reactor's memory. Valid during the callback and, for sending it on, until the reactor's next flush.</summary>
public readonly ref struct ReceivedDatagram
{
    /// <summary>Free bytes in front of every payload.</summary>
    public const int Headroom = 64;

    /// <summary>Free bytes behind every payload, at least.</summary>
    public const int Tailroom = 8;

    private readonly ref readonly SocketEndpoint _source;
    private readonly ref readonly SocketEndpoint _destination;

    internal ReceivedDatagram(
        Span<byte> buffer,
        int offset,
        int length,
        ref readonly SocketEndpoint source,
        ref readonly SocketEndpoint destination,
        byte trafficClass,
        bool truncated)
    {
        Buffer = buffer;
        Offset = offset;
        Length = length;
        _source = ref source;
        _destination = ref destination;
        TrafficClass = trafficClass;
        Truncated = truncated;
    }

    /// <summary>
    /// Reactor memory around the payload, writable: a header goes into the <see cref="Headroom"/> bytes in front of it, padding into
    /// the <see cref="Tailroom"/> bytes behind it, and any part of it is sent without a copy. What is written around the payload is
    /// for a send within the callback: in a train the room is the neighbours', who have it back afterwards.
    /// </summary>
    public Span<byte> Buffer { get; }

    /// <summary>Where the payload begins in <see cref="Buffer"/>.</summary>
    public int Offset { get; }

    /// <summary>Payload length in bytes; 0 is a datagram too.</summary>
    public int Length { get; }

    /// <summary>The payload.</summary>
    public Span<byte> Payload => Buffer.Slice(Offset, Length);

    /// <summary>Who sent the datagram.</summary>
    public ref readonly SocketEndpoint Source => ref _source;

    /// <summary>The local address that it was sent to; with a wildcard bind without packet info, the wildcard.</summary>
    public ref readonly SocketEndpoint Destination => ref _destination;

    /// <summary>The TOS or Traffic Class octet; 0 unless <see cref="DatagramSocketOptions.ReceiveTrafficClass"/> is on.</summary>
    public byte TrafficClass { get; }

    /// <summary>Whether the datagram was longer than the buffer and its end is lost.</summary>
    public bool Truncated { get; }
}
