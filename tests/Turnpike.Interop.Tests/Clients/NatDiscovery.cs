using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Turnpike.Interop.Processes;

namespace Turnpike.Interop.Clients;

/// <summary>A run of Debian's <c>turnutils_natdiscovery</c> about mapping and filtering.</summary>
internal sealed partial class NatDiscovery
{
    // Each unanswered request of a run costs it some seconds.
    private static readonly TimeSpan RunDeadline = TimeSpan.FromSeconds(60);

    private NatDiscovery(string output)
    {
        Output = output;
        Origins = [.. Origin().Matches(output).Select(m => IPEndPoint.Parse(m.Groups[1].Value))];
        OtherAddresses = [.. Other().Matches(output).Select(m => IPEndPoint.Parse(m.Groups[1].Value))];
    }

    public string Output { get; }

    /// <summary>RESPONSE-ORIGIN of the answers, in order; the client prints its first line twice.</summary>
    public IReadOnlyList<IPEndPoint> Origins { get; }

    /// <summary>OTHER-ADDRESS of the answers, in order.</summary>
    public IReadOnlyList<IPEndPoint> OtherAddresses { get; }

    public static async Task<NatDiscovery> RunAsync(IPEndPoint server)
    {
        string port = server.Port.ToString(CultureInfo.InvariantCulture);
        string[] arguments = ["-oL", "turnutils_natdiscovery", "-m", "-f", "-p", port, server.Address.ToString()];
        await using var process = ChildProcess.Start("stdbuf", arguments);
        await process.WaitForExitAsync(RunDeadline);
        return new NatDiscovery(process.Output);
    }

    [GeneratedRegex(@"Response origin: : (\S+)")]
    private static partial Regex Origin();

    [GeneratedRegex(@"Other addr: : (\S+)")]
    private static partial Regex Other();
}
