using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Turnpike.LoadTest.CommandLine;

namespace Turnpike.LoadTest.Probe;

/// <summary>Which API is asked, and what is echoed.</summary>
internal sealed record ProbeOptions(Uri Api, string Token, string User, int Packets, TimeSpan Patience, X509Certificate2Collection? TrustedIssuers)
{
    public const string TokenVariable = "TURNPIKE_TOKEN";

    public static readonly Option[] Known =
    [
        new("api", "URL", "the control plane's REST port, such as http://control-plane:8080 (required)"),
        new("user", "NAME", "user that the credential is issued for", "probe"),
        new("packets", "N", "packets to echo through each server", "50"),
        new("patience", "S", "time for the API to answer with servers, and for the echoes of one server", "30"),
        new("trusted-issuer", "FILE", "PEM file with the issuer of the API's certificate, where the system does not trust it"),
        new("help", null, "this text"),
    ];

    public static ProbeOptions From(ParsedOptions given, string? token)
    {
        string text = given.RequiredText("api");
        if (!Uri.TryCreate(text.TrimEnd('/') + "/", UriKind.Absolute, out Uri? api) || api.Scheme is not ("http" or "https"))
        {
            throw new UsageException($"--api is a URL of http or https, not '{text}'");
        }

        if (string.IsNullOrEmpty(token))
        {
            throw new UsageException($"set {TokenVariable} to a token that may issue credentials");
        }

        return new ProbeOptions(
            api,
            token,
            given.RequiredText("user"),
            given.Integer("packets", 1, 10_000),
            TimeSpan.FromSeconds(given.Number("patience", 1, 600)),
            given.Text("trusted-issuer") is string file ? ReadIssuers(file) : null);
    }

    private static X509Certificate2Collection ReadIssuers(string file)
    {
        X509Certificate2Collection issuers = [];
        try
        {
            issuers.ImportFromPemFile(file);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new UsageException($"--trusted-issuer '{file}' cannot be read: {problem.Message}");
        }

        return issuers.Count > 0 ? issuers : throw new UsageException($"--trusted-issuer '{file}' has no certificate in it");
    }
}
