using System.Diagnostics.CodeAnalysis;
using Turnpike.Protocol;

namespace Turnpike.Server;

/// <summary>At which step of an Allocate a redirection is thought of.</summary>
public enum RedirectOccasion : byte
{
    /// <summary>A request that could be served here.</summary>
    Always,

    /// <summary>The server drains; without a redirection the answer is 508.</summary>
    Draining,

    /// <summary>No relayed transport address is to be had; without a redirection the answer is 508.</summary>
    Full,
}

/// <summary>Where a client is sent with 300 (RFC 8489 section 10).</summary>
/// <param name="Server">ALTERNATE-SERVER: of the address family that the client was asked over.</param>
/// <param name="Domain">ALTERNATE-DOMAIN, the name in the other server's certificate, UTF-8; empty for none.</param>
public sealed record RedirectTarget(TransportAddress Server, byte[] Domain);

/// <summary>Knows other servers. Called on the shard's thread for each Allocate that may be redirected: never blocks.</summary>
public interface IRedirectSource
{
    /// <summary>Another server for a client; false where it is to be served here, or there is none.</summary>
    /// <param name="occasion">Why it is asked.</param>
    /// <param name="transport">How the client has come: it goes on in the same way.</param>
    /// <param name="family">The family of the client's address: RFC 8489 section 14.15 allows no other one.</param>
    /// <param name="target">The other server.</param>
    bool TryChoose(RedirectOccasion occasion, ClientTransport transport, AddressFamily family, [NotNullWhen(true)] out RedirectTarget? target);
}

/// <summary>Redirects nobody.</summary>
public sealed class NoRedirect : IRedirectSource
{
    /// <summary>The only one.</summary>
    public static readonly NoRedirect Instance = new();

    private NoRedirect()
    {
    }

    /// <inheritdoc/>
    public bool TryChoose(RedirectOccasion occasion, ClientTransport transport, AddressFamily family, [NotNullWhen(true)] out RedirectTarget? target)
    {
        target = null;
        return false;
    }
}
