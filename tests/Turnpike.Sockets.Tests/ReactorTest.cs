using System.Net;
using System.Net.Sockets;

namespace Turnpike.Sockets.Tests;

/// <summary>What every test needs: two reactors of one backend, sockets on loopback, and waiting by events.</summary>
public abstract class ReactorTest : IDisposable
{
    // Rounds of half a second without the expected event before a test fails.
    private const int PatienceRounds = 20;

    protected static readonly DatagramSocketOptions Plain = new();

    protected ReactorTest(bool portable)
    {
        Assert.SkipUnless(portable || OperatingSystem.IsLinux(), "The batch backend is for Linux.");
        Portable = portable;
        First = DatagramReactor.Create(new ReactorOptions { Portable = portable });
        Second = DatagramReactor.Create(new ReactorOptions { Portable = portable });
    }

    protected bool Portable { get; }

    protected DatagramReactor First { get; }

    protected DatagramReactor Second { get; }

    public void Dispose()
    {
        First.Dispose();
        Second.Dispose();
        GC.SuppressFinalize(this);
    }

    protected static SocketEndpoint Endpoint(string address, int port = 0) =>
        SocketEndpoint.From(new IPEndPoint(IPAddress.Parse(address), port));

    protected static DatagramSocket Open(
        DatagramReactor reactor, string address = "127.0.0.1", DatagramSocketOptions? options = null, object? state = null)
    {
        bool opened = reactor.TryOpen(Endpoint(address), options ?? Plain, state, out DatagramSocket? socket, out SocketError error);
        Assert.True(opened, $"{address}: {error}");
        return socket!;
    }

    protected static void PollUntil(DatagramReactor reactor, IDatagramHandler handler, Func<bool> done)
    {
        for (int round = 0; !done(); round++)
        {
            Assert.True(round < PatienceRounds, "The expected event did not come.");
            if (reactor.Poll(500, handler) > 0)
            {
                round = 0;
            }
        }
    }

    /// <summary>Sends one datagram at once.</summary>
    protected static void SendNow(DatagramReactor reactor, DatagramSocket socket, ReadOnlySpan<byte> payload, SocketEndpoint destination)
    {
        reactor.Send(socket, payload, in destination, default);
        reactor.Flush();
    }
}
