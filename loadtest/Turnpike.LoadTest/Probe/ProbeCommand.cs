using System.Globalization;
using System.Net;
using Turnpike.LoadTest.CommandLine;
using Turnpike.LoadTest.Turn;

namespace Turnpike.LoadTest.Probe;

/// <summary>What an application does, once: ask the API, and call through every server that it names.</summary>
internal static class ProbeCommand
{
    private const string Usage = "TURNPIKE_TOKEN=… turnpike-loadtest probe --api URL [options]";
    private const string Summary = "Issues a credential, and echoes packets between two allocations on every server that it comes with (over UDP).";

    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, CancellationToken stop)
    {
        ParsedOptions given = ParsedOptions.Parse(ProbeOptions.Known, arguments);
        if (given.Flag("help"))
        {
            Console.Out.Write(HelpText.For(Usage, Summary, ProbeOptions.Known));
            return ExitCode.Success;
        }

        ProbeOptions options = ProbeOptions.From(given, Environment.GetEnvironmentVariable(IssuingApi.TokenVariable));
        IssuedCredential issued = await IssuedCredential.AskAsync(options.Api, ClientTransport.Udp, TimeProvider.System, stop);
        Console.Out.WriteLine($"issued: {issued.Servers.Count} servers over UDP");
        int failed = 0;
        foreach (IPEndPoint server in issued.Servers.Select(each => each.Endpoint))
        {
            try
            {
                using EchoCall call = new(server, issued.Credential, options.Packets, options.Api.Patience, TimeProvider.System);
                EchoResult result = call.Run(stop);
                Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"{server}: allocated {result.Caller} and {result.Callee}, {result.Echoed} packets echoed, half of them within {result.MedianMilliseconds:F2} ms"));
            }
            catch (TurnRefusedException refused)
            {
                failed++;
                Console.Error.WriteLine($"turnpike-loadtest: {refused.Message}");
            }
        }

        return failed == 0 ? ExitCode.Success : ExitCode.Failure;
    }
}
