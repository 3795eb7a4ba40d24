using Turnpike.ServiceDefaults.Settings;

namespace Turnpike.Edge.Options;

/// <summary>Section <c>Edge:Peers</c>: who may be a peer. Special-purpose ranges are denied by themselves.</summary>
public sealed class PeerOptions : ISettingsSection
{
    internal const string NetworkForm = "ADDRESS or ADDRESS/PREFIX without host bits, IPv4 or IPv6";

    /// <summary>Default none: relaying into private networks is what attackers want of a TURN server.</summary>
    [Setting("Ranges opened in spite of the built-in denials", Allowed = NetworkForm)]
    public string[] AllowPrivate { get; init; } = [];

    /// <summary>Default none: nothing is denied that an exception could open.</summary>
    [Setting("Exceptions to Edge:Peers:Deny; never to the built-in denials", Allowed = NetworkForm)]
    public string[] Allow { get; init; } = [];

    /// <summary>Default none: only the built-in denials.</summary>
    [Setting("Ranges denied beyond the built-in denials", Allowed = NetworkForm)]
    public string[] Deny { get; init; } = [];
}
