using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace Turnpike.LoadTest.Turn;

/// <summary>What carries the messages between client and server.</summary>
internal enum ClientTransport { Udp, Tcp, Tls }

/// <summary>How data travels between client and server.</summary>
internal enum Framing
{
    /// <summary>ChannelData messages on a bound channel (RFC 8656 section 12).</summary>
    Channel,

    /// <summary>Send and Data indications under a permission (RFC 8656 section 11).</summary>
    Send,
}

/// <summary>The server, and how clients reach it.</summary>
/// <param name="Name">As it was given.</param>
/// <param name="Endpoint">Its transport address.</param>
/// <param name="Transport">From client to server.</param>
/// <param name="ServerName">With TLS: the name that the certificate must have.</param>
/// <param name="TrustedIssuers">With TLS: who may have issued the certificate; null: whom the system trusts.</param>
internal sealed record TurnTarget(
    string Name,
    IPEndPoint Endpoint,
    ClientTransport Transport = ClientTransport.Udp,
    string ServerName = "",
    X509Certificate2Collection? TrustedIssuers = null);
