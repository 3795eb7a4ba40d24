using System.Globalization;
using System.Net;
using System.Text.Json;
using Turnpike.Interop.Processes;
using Turnpike.Interop.Servers;

namespace Turnpike.Interop.Clients;

/// <summary>Debian's python3-aioice, an ICE and TURN stack that shares no code with browsers or coturn (python/aioice_call.py).</summary>
internal static class Aioice
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);
    private static readonly TimeSpan RunDeadline = TimeSpan.FromSeconds(60);

    /// <summary>Runs a call over "udp", "tcp" or "tls"; over TLS it trusts only the certificate that it is given.</summary>
    public static async Task<AioiceResult> CallAsync(
        IPEndPoint server, string transport, string password, int messages, TestCertificate? trusted = null)
    {
        string port = server.Port.ToString(CultureInfo.InvariantCulture);
        string count = messages.ToString(CultureInfo.InvariantCulture);
        string[] arguments = [Repository.AioiceScript, server.Address.ToString(), port, transport, ServerSettings.User, password, count];
        var environment = new Dictionary<string, string?> { ["SSL_CERT_FILE"] = trusted?.CertificateFile };

        // Debian's own interpreter: another one on the PATH does not see Debian's modules.
        await using var python = ChildProcess.Start("/usr/bin/python3", arguments, environment);
        await python.WaitForExitAsync(RunDeadline);
        string? line = python.Output.Split('\n').LastOrDefault(l => l.StartsWith('{'));
        Assert.True(line is not null, $"the aioice script gave no result:\n{python.Output}");
        return JsonSerializer.Deserialize<AioiceResult>(line, Json)!;
    }
}

/// <summary>What the script saw.</summary>
/// <param name="Error">Why there was no call, or null.</param>
/// <param name="Candidates">The types of both agents' candidates.</param>
/// <param name="Intact">Messages that came back as they were sent.</param>
internal sealed record AioiceResult(string? Error, IReadOnlyList<string>? Candidates, int Intact);
