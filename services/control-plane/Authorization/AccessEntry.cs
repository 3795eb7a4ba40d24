namespace Turnpike.ControlPlane.Authorization;

/// <summary>One line of the settings that lets somebody in.</summary>
/// <param name="Caller">Who it is.</param>
/// <param name="Hash">SHA-256 of the token, the key or the certificate.</param>
/// <param name="Origins">The web pages that a browser key works from; else empty.</param>
public sealed record AccessEntry(Caller Caller, byte[] Hash, IReadOnlyList<string> Origins)
{
    private const int HashBytes = 32;

    /// <summary>Reads <c>NAME:ROLE[:REALM,…]:SHA256</c>.</summary>
    /// <returns>What is wrong, without the hash; null when nothing is.</returns>
    public static string? Parse(string text, CallerKind kind, out AccessEntry? entry)
    {
        entry = null;
        string[] parts = text.Split(':');
        if (parts.Length is not (3 or 4))
        {
            return "not three or four parts with colons between them";
        }
        Role? role = parts[1] switch { "issuer" => Role.Issuer, "viewer" => Role.Viewer, "operator" => Role.Operator, _ => null };
        string[] realms = parts.Length == 4 ? parts[2].Split(',') : [];
        if (Problem(parts[0], realms, parts[^1], out byte[] hash) is string problem)
        {
            return problem;
        }
        if (role is not { } known)
        {
            return "the role is none of issuer, viewer and operator";
        }
        if (known == Role.Issuer && realms.Length == 0)
        {
            return "an issuer needs its realms: NAME:issuer:REALM,…:SHA256";
        }
        entry = new AccessEntry(new Caller(parts[0], kind, known, realms), hash, []);
        return null;
    }

    /// <summary>Reads <c>NAME:REALM:SHA256:ORIGIN,…</c>.</summary>
    /// <returns>What is wrong, without the hash; null when nothing is.</returns>
    public static string? ParseBrowserKey(string text, out AccessEntry? entry)
    {
        entry = null;
        string[] parts = text.Split(':', 4);
        if (parts.Length != 4)
        {
            return "not four parts with colons between them";
        }
        string[] realms = [parts[1]];
        if (Problem(parts[0], realms, parts[2], out byte[] hash) is string problem)
        {
            return problem;
        }
        string[] origins = parts[3].Split(',');
        if (origins.FirstOrDefault(origin => !IsOrigin(origin)) is string wrong)
        {
            return $"{wrong} is no origin such as https://app.example.com";
        }
        entry = new AccessEntry(new Caller(parts[0], CallerKind.BrowserKey, Role.Issuer, realms), hash, origins);
        return null;
    }

    private static string? Problem(string name, string[] realms, string hexadecimal, out byte[] hash)
    {
        hash = [];
        if (name.Length is 0 or > 64 || name.Any(letter => !char.IsAsciiLetterOrDigit(letter) && letter is not ('.' or '-' or '_' or '@')))
        {
            return "the name is not 1 to 64 letters, digits, dots, hyphens, underscores and @";
        }
        if (realms.Any(string.IsNullOrWhiteSpace))
        {
            return "an empty realm";
        }
        if (hexadecimal.Length != HashBytes * 2 || !hexadecimal.All(char.IsAsciiHexDigit))
        {
            return "the last part is no SHA-256 in 64 hexadecimal digits (printf %s TOKEN | sha256sum)";
        }
        hash = Convert.FromHexString(hexadecimal);
        return null;
    }

    private static bool IsOrigin(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? uri)
        && uri.Scheme is "http" or "https"
        && uri.GetLeftPart(UriPartial.Authority).Equals(text, StringComparison.OrdinalIgnoreCase);
}
