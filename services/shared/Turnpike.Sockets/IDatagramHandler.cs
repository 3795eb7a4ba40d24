namespace Turnpike.Sockets;

/// <summary>What a reactor calls, on its own thread, during <see cref="DatagramReactor.Poll"/>.</summary>
public interface IDatagramHandler
{
    /// <summary>A datagram arrived. Opening, closing, detaching and sending are allowed inside.</summary>
    void OnDatagram(DatagramSocket socket, in ReceivedDatagram datagram);

    /// <summary>A datagram sent by <paramref name="socket"/> met an ICMP error. The same is allowed inside.</summary>
    void OnIcmpError(DatagramSocket socket, in IcmpError error);
}
