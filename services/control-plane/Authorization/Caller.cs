namespace Turnpike.ControlPlane.Authorization;

/// <summary>What a caller may do; each role may do what the ones before it may, save that an issuer is bound to its realms.</summary>
public enum Role
{
    /// <summary>Issues and revokes credentials of its realms, and reads their usage.</summary>
    Issuer,

    /// <summary>Reads everything but secrets.</summary>
    Viewer,

    /// <summary>Changes everything.</summary>
    Operator,
}

/// <summary>How a caller proved who it is.</summary>
public enum CallerKind
{
    /// <summary>A bearer token of the settings.</summary>
    Token,

    /// <summary>A JSON Web Token of the configured issuer.</summary>
    Jwt,

    /// <summary>A client certificate of the settings.</summary>
    Certificate,

    /// <summary>A key that a web page shows to everybody.</summary>
    BrowserKey,
}

/// <summary>Who calls.</summary>
/// <param name="Name">For the audit log and the rate limit.</param>
/// <param name="Kind">How it proved that.</param>
/// <param name="Role">What it may do.</param>
/// <param name="Realms">Where; empty: everywhere.</param>
public sealed record Caller(string Name, CallerKind Kind, Role Role, IReadOnlyList<string> Realms)
{
    /// <summary>Whether the caller may have to do with a realm.</summary>
    public bool MaySee(string realm) => Realms.Count == 0 || Realms.Contains(realm, StringComparer.Ordinal);
}
