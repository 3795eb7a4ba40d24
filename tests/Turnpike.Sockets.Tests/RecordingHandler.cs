namespace Turnpike.Sockets.Tests;

/// <summary>Copies what arrives, and lets a test act inside the callback.</summary>
public sealed class RecordingHandler : IDatagramHandler
{
    public delegate void DatagramAction(DatagramSocket socket, in ReceivedDatagram datagram);

    public List<Arrival> Arrivals { get; } = [];

    public List<(DatagramSocket Socket, IcmpError Error)> Errors { get; } = [];

    public DatagramAction? OnArrival { get; set; }

    public void OnDatagram(DatagramSocket socket, in ReceivedDatagram datagram)
    {
        Arrivals.Add(new Arrival(
            socket, datagram.Payload.ToArray(), datagram.Source, datagram.Destination, datagram.TrafficClass, datagram.Truncated));
        OnArrival?.Invoke(socket, in datagram);
    }

    public void OnIcmpError(DatagramSocket socket, in IcmpError error) => Errors.Add((socket, error));

    /// <summary>Answers every datagram with its own bytes, from the address it was sent to.</summary>
    public static RecordingHandler Echo(DatagramReactor reactor) => new()
    {
        OnArrival = (DatagramSocket socket, in ReceivedDatagram datagram) =>
            reactor.Send(socket, datagram.Payload, in datagram.Source, in datagram.Destination, datagram.TrafficClass),
    };

    public sealed record Arrival(
        DatagramSocket Socket, byte[] Payload, SocketEndpoint Source, SocketEndpoint Destination, byte TrafficClass, bool Truncated);
}
