using System.Security.Cryptography;
using System.Text;

namespace Turnpike.ControlPlane.Tests;

/// <summary>The tokens that the control planes of tests know, and the settings that say so.</summary>
internal static class Tokens
{
    /// <summary>The page that the browser key works from.</summary>
    public const string Origin = "https://app.example.com";

    public const string Operator = "operator-token-of-tests";
    public const string Viewer = "viewer-token-of-tests";

    /// <summary>An issuer of the realm <c>turnpike</c>, the default one.</summary>
    public const string Issuer = "issuer-token-of-tests";

    /// <summary>An issuer of the realm <c>other</c>.</summary>
    public const string OtherIssuer = "other-issuer-token-of-tests";

    /// <summary>A viewer of the realm <c>other</c> alone.</summary>
    public const string OtherViewer = "other-viewer-token-of-tests";

    /// <summary>An operator of the realm <c>other</c> alone.</summary>
    public const string OtherOperator = "other-operator-token-of-tests";

    /// <summary>A browser key of the realm <c>turnpike</c>.</summary>
    public const string Browser = "browser-key-of-tests";

    public static string[] Settings { get; } =
    [
        $"--ControlPlane:Tokens:0=admin:operator:{Hash(Operator)}",
        $"--ControlPlane:Tokens:1=watcher:viewer:{Hash(Viewer)}",
        $"--ControlPlane:Tokens:2=app:issuer:turnpike:{Hash(Issuer)}",
        $"--ControlPlane:Tokens:3=other-app:issuer:other:{Hash(OtherIssuer)}",
        $"--ControlPlane:Tokens:4=other-watcher:viewer:other:{Hash(OtherViewer)}",
        $"--ControlPlane:Tokens:5=other-admin:operator:other:{Hash(OtherOperator)}",
        $"--ControlPlane:BrowserKeys:0=page:turnpike:{Hash(Browser)}:{Origin}",
    ];

    /// <summary>As the settings want it.</summary>
    public static string Hash(string token) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)));
}
