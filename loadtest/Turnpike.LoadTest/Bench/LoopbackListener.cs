using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Turnpike.LoadTest.Bench;

/// <summary>An <see cref="HttpListener"/> cannot be asked to choose its port, so one is chosen for it until nobody else has it.</summary>
internal static class LoopbackListener
{
    private const int Attempts = 20;

    /// <summary>A listener that has been started, and its only prefix.</summary>
    public static (HttpListener Listener, string Prefix) Start()
    {
        for (int attempt = 1; ; attempt++)
        {
            string prefix = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{FreePort()}/");
            var listener = new HttpListener();
            listener.Prefixes.Add(prefix);
            try
            {
                listener.Start();
                return (listener, prefix);
            }
            catch (HttpListenerException) when (attempt < Attempts)
            {
                listener.Close(); // taken between its choice and its use
            }
        }
    }

    /// <summary>A TCP port of 127.0.0.1 that was free a moment ago.</summary>
    public static int FreePort()
    {
        using var socket = new TcpListener(IPAddress.Loopback, 0);
        socket.Start();
        return ((IPEndPoint)socket.LocalEndpoint).Port;
    }
}
