using System.ComponentModel.DataAnnotations;
using Turnpike.ServiceDefaults.Settings;

namespace Turnpike.Edge.Options;

/// <summary>Section <c>Edge:Lifetimes</c>, all in seconds.</summary>
public sealed class LifetimeOptions : ISettingsSection
{
    /// <summary>Default 600: RFC 8656 §3.2, ten minutes.</summary>
    [Setting("Lifetime of an allocation that asks for none or for less", Unit = "seconds")]
    [Range(60, 3600)]
    public int Allocation { get; init; } = 600;

    /// <summary>Default 3600: the upper limit RFC 8656 §7.2 recommends.</summary>
    [Setting("Longest lifetime a client can ask for; at least Edge:Lifetimes:Allocation", Unit = "seconds")]
    [Range(60, 86_400)]
    public int MaxAllocation { get; init; } = 3600;

    /// <summary>Default 300: RFC 8656 §9 fixes five minutes; other values are for tests and closed networks.</summary>
    [Setting("Lifetime of a permission", Unit = "seconds")]
    [Range(30, 3600)]
    public int Permission { get; init; } = 300;

    /// <summary>Default 600: RFC 8656 §12 fixes ten minutes; other values are for tests and closed networks.</summary>
    [Setting("Lifetime of a channel binding", Unit = "seconds")]
    [Range(60, 3600)]
    public int Channel { get; init; } = 600;

    /// <summary>Default 3600: the hour after which RFC 8656 §5 expects a nonce to be renewed.</summary>
    [Setting("Time a nonce is valid", Unit = "seconds")]
    [Range(30, 86_400)]
    public int Nonce { get; init; } = 3600;

    /// <summary>Default 30: RFC 8656 §7.2 holds a reserved port at least 30 seconds.</summary>
    [Setting("Time an EVEN-PORT reservation is held", Unit = "seconds")]
    [Range(5, 300)]
    public int Reservation { get; init; } = 30;

    /// <summary>Default 60: covers clocks that differ and the last refresh of a call whose credential ends.</summary>
    [Setting("Time an allocation may outlive the expiry of its TURN REST credential", Unit = "seconds")]
    [Range(0, 3600)]
    public int CredentialGrace { get; init; } = 60;
}
