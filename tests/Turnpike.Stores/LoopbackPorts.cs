using System.Net;
using System.Net.Sockets;

namespace Turnpike.Stores;

/// <summary>
/// Addresses and ports that nobody else uses. Each group of servers gets a loopback address of its own, so that the port that the
/// system chose for it stays free until the server binds it.
/// </summary>
internal static class LoopbackPorts
{
    // Redis Cluster's nodes talk to each other on their port plus this.
    public const int BusOffset = 10_000;
    private static int _last;

    public static IPAddress NextAddress()
    {
        int number = Interlocked.Increment(ref _last);
        int process = Environment.ProcessId;
        // Other test processes count from 127.1 upwards in the same way; this half of the range is for stores.
        return new IPAddress([127, (byte)(128 + (process / 250 % 120)), (byte)(1 + (process % 250)), (byte)(1 + (number % 250))]);
    }

    /// <summary>Free TCP ports of the system's choice, all different.</summary>
    /// <param name="withBus">The port of the cluster bus that belongs to each is free, too.</param>
    public static int[] Free(IPAddress address, int count, bool withBus = false)
    {
        // Held until all are chosen, or the system may name the same one twice.
        List<Socket> held = [];
        try
        {
            List<int> ports = [];
            while (ports.Count < count)
            {
                Socket socket = Bind(address, 0);
                held.Add(socket);
                int port = ((IPEndPoint)socket.LocalEndPoint!).Port;
                if (!withBus)
                {
                    ports.Add(port);
                }
                else if (port + BusOffset <= IPEndPoint.MaxPort && TryBind(address, port + BusOffset) is { } bus)
                {
                    held.Add(bus);
                    ports.Add(port);
                }
            }
            return [.. ports];
        }
        finally
        {
            held.ForEach(socket => socket.Dispose());
        }
    }

    private static Socket Bind(IPAddress address, int port)
    {
        Socket socket = new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(address, port));
            return socket;
        }
        catch (SocketException)
        {
            socket.Dispose();
            throw;
        }
    }

    private static Socket? TryBind(IPAddress address, int port)
    {
        try
        {
            return Bind(address, port);
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            return null;
        }
    }
}
