using System.Runtime.InteropServices;
using Turnpike.Interop.Processes;

namespace Turnpike.ControlPlane.Interop.Kit;

/// <summary>A program that runs to its end.</summary>
internal static class Command
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <returns>Its exit code, and standard output and standard error together.</returns>
    public static async Task<(int ExitCode, string Output)> RunAsync(
        string file, IEnumerable<string> arguments, IReadOnlyDictionary<string, string?>? environment = null)
    {
        await using ChildProcess process = ChildProcess.Start(file, arguments, new Dictionary<string, string?>(environment ?? new Dictionary<string, string?>())
        {
            // The apphost looks for a runtime in the well-known places; this test runs on one already.
            ["DOTNET_ROOT"] = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "../../..")),
        });
        int exitCode = await process.WaitForExitAsync(Patience);
        return (exitCode, process.Output);
    }
}
