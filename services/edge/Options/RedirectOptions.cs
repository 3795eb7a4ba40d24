using Turnpike.ServiceDefaults.Settings;

namespace Turnpike.Edge.Options;

/// <summary>When a new allocation is sent to another server. Each occasion includes those before it.</summary>
public enum RedirectWhen
{
    /// <summary>Clients are served or refused here.</summary>
    Never,

    /// <summary>While this edge drains.</summary>
    Draining,

    /// <summary>Also when no relayed transport address is to be had.</summary>
    Full,

    /// <summary>Always: this edge only tells clients where to go.</summary>
    Always,
}

/// <summary>Section <c>Edge:Redirect</c>: 300 Try Alternate (RFC 8489 §10).</summary>
public sealed class RedirectOptions : ISettingsSection
{
    /// <summary>Default never: browsers do not follow 300 everywhere, and two edges that name each other send clients in circles.</summary>
    [Setting("When clients that ask for an allocation are told to try another server; each word includes those before it")]
    public RedirectWhen When { get; init; }

    /// <summary>Default none.</summary>
    [Setting("Other servers, taken in turns; a client is told one of its own address family only",
        Allowed = "ADDRESS:PORT or [IPV6]:PORT")]
    public string[] AlternateServers { get; init; } = [];

    /// <summary>Default none.</summary>
    [Setting("Name in the certificate of the other servers; told to clients over TLS and DTLS", Allowed = "1 to 255 printable ASCII characters")]
    public string AlternateDomain { get; init; } = "";
}
