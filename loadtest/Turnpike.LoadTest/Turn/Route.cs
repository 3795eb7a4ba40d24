using System.Diagnostics.CodeAnalysis;
using System.Net;
using Turnpike.LoadTest.Relay;
using Turnpike.Protocol;
using Turnpike.Sockets;

namespace Turnpike.LoadTest.Turn;

/// <summary>Where a server that says 300 (Try Alternate) sends a client: ALTERNATE-SERVER and ALTERNATE-DOMAIN (RFC 8489 sections 14.15 and 14.16).</summary>
/// <param name="Server">The other server, reached by the same transport.</param>
/// <param name="Domain">The name that its certificate has; null: the same as before.</param>
internal readonly record struct Alternate(TransportAddress Server, string? Domain);

/// <summary>The server that a client uses, from which local address, and the servers that sent it there (RFC 8489 section 10).</summary>
internal sealed class Route(TurnTarget target, IPAddress local, Route? from = null)
{
    /// <summary>A client that so many servers sent on stays with the last one's refusal: a loop need not come back to where it began.</summary>
    public const int MostRedirections = 5;

    public TurnTarget Target { get; } = target;

    /// <summary>The same as the kernel has it, for the packet path.</summary>
    public SocketEndpoint Server { get; } = SocketEndpoint.From(target.Endpoint);

    /// <summary>Where clients are over UDP.</summary>
    public SocketEndpoint Local { get; } = SocketEndpoint.From(new IPEndPoint(local, 0));

    /// <summary>How many servers sent the client on.</summary>
    public int Redirections { get; } = from is null ? 0 : from.Redirections + 1;

    /// <summary>The way to the server that this one names; or why it is not taken.</summary>
    public bool TryFollow(in Alternate alternate, [NotNullWhen(true)] out Route? next, [NotNullWhen(false)] out string? why)
    {
        (next, why) = (null, null);
        IPEndPoint endpoint = alternate.Server.ToIPEndPoint();
        bool hasDomain = Target.Transport == ClientTransport.Tls && alternate.Domain is not null; // over others there is no certificate
        if (Visited(endpoint))
        {
            why = "which has sent this client away already";
        }
        else if (Redirections == MostRedirections)
        {
            why = $"after {MostRedirections} servers that sent it on";
        }
        else if (hasDomain && Uri.CheckHostName(alternate.Domain) != UriHostNameType.Dns)
        {
            why = "with an ALTERNATE-DOMAIN that is no name";
        }
        else
        {
            try
            {
                TurnTarget other = Target with { Name = endpoint.ToString(), Endpoint = endpoint, ServerName = hasDomain ? alternate.Domain! : Target.ServerName };
                next = new Route(other, RelayRun.LocalAddressTowards(endpoint), this);
            }
            catch (TurnRefusedException problem)
            {
                why = problem.Message;
            }
        }

        return next is not null;
    }

    private bool Visited(IPEndPoint endpoint) => Target.Endpoint.Equals(endpoint) || (from?.Visited(endpoint) ?? false);
}
