using Turnpike.ServiceDefaults.Settings;

namespace Turnpike.Edge.Options;

/// <summary>Section <c>Edge:ThirdPartyAuthorization</c>: access tokens of an authorization server (RFC 7635).</summary>
public sealed class ThirdPartyAuthorizationOptions : ISettingsSection
{
    /// <summary>Default none, which switches tokens off. The authorization server encrypts every token for one name.</summary>
    [Setting("Name of this server towards the authorization server, told to clients in 401; none switches access tokens off",
        Allowed = "1 to 255 printable characters")]
    public string ServerName { get; init; } = "";

    /// <summary>Default none. Several may be active, so that they rotate without a cut.</summary>
    [Setting("Keys shared with the authorization server: 16 bytes for A128GCM, 32 for A256GCM; clients send the ID as USERNAME", Secret = true,
        Allowed = "ID:KEY, ID:KEY:FROM or ID:KEY:FROM:UNTIL; the key in base64, the times in seconds of Unix time")]
    public string[] Keys { get; init; } = [];
}
