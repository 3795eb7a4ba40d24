using System.Net;
using System.Net.Sockets;
using Turnpike.ControlPlane.Options;
using Turnpike.Protocol;

namespace Turnpike.ControlPlane.Webhooks;

/// <summary>
/// Which addresses webhooks may lead to. The address itself is judged when a connection is made, so a name that leads elsewhere by then,
/// or to several addresses, leads nowhere that is closed.
/// </summary>
internal sealed class ReceiverAddresses(ControlPlaneSettings settings)
{
    // One address of several that does not answer leaves time for the others.
    private static readonly TimeSpan AddressTimeout = TimeSpan.FromSeconds(3);

    /// <summary>Whether a webhook may lead there. An IPv6 address that carries an IPv4 address has to pass as both.</summary>
    public bool Allows(IPAddress address) => Allows(TransportAddress.From(address, 0));

    /// <summary>Makes a connection for the HTTP client.</summary>
    /// <exception cref="AddressRefusedException">The name has addresses, and all of them are closed.</exception>
    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        string host = context.DnsEndPoint.Host;
        IPAddress[] addresses = IPAddress.TryParse(host, out IPAddress? literal) ? [literal] : await Dns.GetHostAddressesAsync(host, cancellation);
        IPAddress[] open = [.. addresses.Where(Allows)];
        if (open.Length == 0)
        {
            throw new AddressRefusedException();
        }
        for (int i = 0; ; i++)
        {
            try
            {
                return await ConnectAsync(new IPEndPoint(open[i], context.DnsEndPoint.Port), cancellation);
            }
            catch (Exception problem) when (problem is SocketException or OperationCanceledException && i + 1 < open.Length && !cancellation.IsCancellationRequested)
            {
                // The next one may answer.
            }
        }
    }

    private static async Task<Stream> ConnectAsync(IPEndPoint endpoint, CancellationToken cancellation)
    {
        using CancellationTokenSource enough = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        enough.CancelAfter(AddressTimeout);
        Socket socket = new(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(endpoint, enough.Token);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private bool Allows(in TransportAddress address) =>
        (!EmbeddedIPv4.TryUnwrap(address, out TransportAddress embedded) || Allows(embedded))
        && (!SpecialPurposeAddresses.Contains(address) || IsOpened(address));

    private bool IsOpened(TransportAddress address) => settings.WebhookRanges.Any(range => range.Contains(address));
}

/// <summary>A webhook leads only to addresses that are closed.</summary>
internal sealed class AddressRefusedException()
    : IOException("the address is private or special, and ControlPlane:Webhooks:AllowPrivate does not open it");
