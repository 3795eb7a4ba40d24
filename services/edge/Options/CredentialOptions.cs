using Turnpike.ServiceDefaults.Settings;

namespace Turnpike.Edge.Options;

/// <summary>Section <c>Edge:Credentials</c>: the form of TURN REST credentials.</summary>
public sealed class CredentialOptions : ISettingsSection
{
    /// <summary>Default ":": the separator of the TURN REST API draft §2.2.</summary>
    [Setting("Stands between expiry and user in a TURN REST username", Allowed = "one printable ASCII character, neither letter nor digit")]
    public string Separator { get; init; } = ":";

    /// <summary>Default false: the draft knows only HMAC-SHA1, and a second algorithm doubles the work for every wrong password.</summary>
    [Setting("Also accepts passwords made with HMAC-SHA256")]
    public bool HmacSha256 { get; init; }
}
