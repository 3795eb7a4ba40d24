using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
using Turnpike.Interop.Processes;

namespace Turnpike.Interop.Clients;

/// <summary>One TLS handshake of <c>openssl s_client</c>, and what it said about it.</summary>
internal sealed partial class OpenSsl
{
    // Debian's policy would keep the client itself from offering the old versions.
    private const string AnyVersion = "DEFAULT@SECLEVEL=0";
    private static readonly TimeSpan RunDeadline = TimeSpan.FromSeconds(20);

    private OpenSsl(string output)
    {
        Output = output;
        Protocol = Negotiated().Match(output) is { Success: true } negotiated ? negotiated.Groups[1].Value : null;
        ApplicationProtocol = Alpn().Match(output) is { Success: true } alpn ? alpn.Groups[1].Value : null;
        if (Pem().Match(output) is { Success: true } pem)
        {
            // What it says on standard error may have come in between.
            string own = string.Join('\n', pem.Value.Split('\n').Where(line => PemLine().IsMatch(line) && line.Trim() != "DONE"));
            using var certificate = X509Certificate2.CreateFromPem(own);
            Sha1 = certificate.GetCertHashString();
        }
    }

    public string Output { get; }

    /// <summary>The version of TLS; null when the handshake failed.</summary>
    public string? Protocol { get; }

    /// <summary>What ALPN gave; null when it gave nothing.</summary>
    public string? ApplicationProtocol { get; }

    /// <summary>The fingerprint of the server's certificate; null when it showed none.</summary>
    public string? Sha1 { get; }

    public static async Task<OpenSsl> ConnectAsync(IPEndPoint server, params string[] arguments)
    {
        string[] all = ["s_client", "-connect", server.ToString(), "-cipher", AnyVersion, .. arguments];
        await using var process = ChildProcess.Start("openssl", all);
        await process.WaitForExitAsync(RunDeadline);
        return new OpenSsl(process.Output);
    }

    [GeneratedRegex(@"^New, (TLSv[\d.]+), Cipher is (?!\(NONE\))", RegexOptions.Multiline)]
    private static partial Regex Negotiated();

    [GeneratedRegex(@"^ALPN protocol: (\S+)", RegexOptions.Multiline)]
    private static partial Regex Alpn();

    [GeneratedRegex("-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", RegexOptions.Singleline)]
    private static partial Regex Pem();

    [GeneratedRegex(@"^(-----.*-----|[A-Za-z0-9+/=]+)\s*$")]
    private static partial Regex PemLine();
}
