using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Turnpike.Interop.Processes;

namespace Turnpike.Interop.Clients;

/// <summary>Debian's <c>turnutils_stunclient</c>: one Binding request, and the reflexive address that it learned.</summary>
internal static partial class StunClient
{
    private static readonly TimeSpan RunDeadline = TimeSpan.FromSeconds(15);

    public static async Task<IPAddress> ReflexiveAddressAsync(IPEndPoint server)
    {
        string port = server.Port.ToString(CultureInfo.InvariantCulture);
        await using var process = ChildProcess.Start("turnutils_stunclient", ["-p", port, server.Address.ToString()]);
        await process.WaitForExitAsync(RunDeadline);
        var match = Reflexive().Match(process.Output);
        Assert.True(match.Success, $"turnutils_stunclient saw no reflexive address:\n{process.Output}");
        return IPAddress.Parse(match.Groups[1].Value);
    }

    [GeneratedRegex(@"UDP reflexive addr: (\S+):\d+")]
    private static partial Regex Reflexive();
}
