using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Turnpike.LoadTest.CommandLine;

namespace Turnpike.LoadTest.Probe;

/// <summary>A control plane, and what it is asked to issue.</summary>
/// <param name="Address">Its REST port.</param>
/// <param name="Token">A token that may issue credentials.</param>
/// <param name="User">Whose credential it is.</param>
/// <param name="Realm">In which realm; null: the default one.</param>
/// <param name="Patience">Time to answer with servers.</param>
/// <param name="TrustedIssuers">Who may have issued its certificate; null: whom the system trusts.</param>
internal sealed record IssuingApi(
    Uri Address, string Token, string User, string? Realm, TimeSpan Patience, X509Certificate2Collection? TrustedIssuers)
{
    public const string TokenVariable = "TURNPIKE_TOKEN";

    private static readonly TimeSpan DefaultPatience = TimeSpan.FromSeconds(30);

    public static readonly Option[] Known =
    [
        new("api", "URL", $"a control plane's REST port: it issues the credential and names servers; {TokenVariable} holds a token"),
        new("realm", "NAME", "with --api: the realm of the credential (default: the API's)"),
        new("trusted-issuer", "FILE", "with --api: PEM file with the issuer of the API's certificate, where the system does not trust it"),
    ];

    /// <summary>Time for one answer.</summary>
    public TimeSpan AnswerPatience { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the credential is to be usable; null: the API's default.</summary>
    public TimeSpan? Lifetime { get; init; }

    public static IssuingApi From(ParsedOptions given, string? token, string user) => From(given, token, user, given.Text("realm"), DefaultPatience);

    public static IssuingApi From(ParsedOptions given, string? token, string user, string? realm, TimeSpan patience)
    {
        string text = given.RequiredText("api");
        if (!Uri.TryCreate(text.TrimEnd('/') + "/", UriKind.Absolute, out Uri? address) || address.Scheme is not ("http" or "https"))
        {
            throw new UsageException($"--api is a URL of http or https, not '{text}'");
        }

        return string.IsNullOrEmpty(token)
            ? throw new UsageException($"set {TokenVariable} to a token that may issue credentials")
            : new IssuingApi(
                address, token, user, realm, patience, given.Text("trusted-issuer") is string file ? ReadIssuers("trusted-issuer", file) : null);
    }

    /// <summary>Without --api, what belongs to it is a mistake.</summary>
    public static void RefuseAlone(ParsedOptions given)
    {
        if (Known.FirstOrDefault(option => given.Has(option.Name)) is { } stray)
        {
            throw new UsageException($"--{stray.Name} is for --api");
        }
    }

    /// <param name="option">The option that named the file.</param>
    /// <param name="file">PEM.</param>
    public static X509Certificate2Collection ReadIssuers(string option, string file)
    {
        X509Certificate2Collection issuers = [];
        try
        {
            issuers.ImportFromPemFile(file);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new UsageException($"--{option} '{file}' cannot be read: {problem.Message}");
        }

        return issuers.Count > 0 ? issuers : throw new UsageException($"--{option} '{file}' has no certificate in it");
    }
}
