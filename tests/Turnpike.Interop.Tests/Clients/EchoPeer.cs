using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Turnpike.Interop.Processes;

namespace Turnpike.Interop.Clients;

/// <summary>Debian's <c>turnutils_peer</c>: sends every datagram back to where it came from.</summary>
internal sealed class EchoPeer : IAsyncDisposable
{
    private static readonly TimeSpan StartDeadline = TimeSpan.FromSeconds(15);

    private readonly ChildProcess _process;

    private EchoPeer(ChildProcess process, IPEndPoint endPoint) => (_process, EndPoint) = (process, endPoint);

    public IPEndPoint EndPoint { get; }

    public static async Task<EchoPeer> StartAsync(IPAddress address)
    {
        var endPoint = new IPEndPoint(address, Loopback.FreeUdpPort(address));
        string[] arguments = ["-L", address.ToString(), "-p", endPoint.Port.ToString(CultureInfo.InvariantCulture)];
        var peer = new EchoPeer(ChildProcess.Start("turnutils_peer", arguments), endPoint);
        await Deadline.UntilAsync("turnutils_peer echoes", StartDeadline, peer.EchoesAsync);
        return peer;
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private async Task<bool> EchoesAsync()
    {
        using var socket = new Socket(EndPoint.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        using var cancel = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        try
        {
            await socket.ConnectAsync(EndPoint, cancel.Token);
            await socket.SendAsync(new byte[] { 1 }, SocketFlags.None, cancel.Token);
            return await socket.ReceiveAsync(new byte[1], SocketFlags.None, cancel.Token) == 1;
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException)
        {
            return false;
        }
    }
}
