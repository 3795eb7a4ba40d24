using System.ComponentModel.DataAnnotations;
using Turnpike.ServiceDefaults.Settings;

namespace Turnpike.Edge.Options;

/// <summary>Section <c>Edge:Protocol</c>: switches of the wire protocol.</summary>
public sealed class ProtocolOptions
{
    /// <summary>Default false: RFC 8656 §12 ends the channel numbers at 0x4FFF and RFC 7983 gives the bytes above to other protocols.</summary>
    [Setting("Accepts the channel numbers 0x5000 to 0x7FFF of RFC 5766 clients")]
    public bool Rfc5766ChannelNumbers { get; init; }

    /// <summary>Default "Turnpike": the product without a version, which would help only attackers. RFC 8489 §14.14 allows 127 characters.</summary>
    [Setting("SOFTWARE attribute of authenticated responses; empty sends none", Allowed = "0 to 127 printable characters")]
    [StringLength(127)]
    public string Software { get; init; } = "Turnpike";
}
