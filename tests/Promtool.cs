using System.Diagnostics;

namespace Turnpike.Testing;

/// <summary>Prometheus's own opinion of a scrape.</summary>
internal static class Promtool
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>What <c>promtool check metrics</c> finds; empty where nothing is wrong. Throws where it is not installed.</summary>
    public static async Task<string> FindingsAsync(string scrape, CancellationToken cancellation)
    {
        ProcessStartInfo start = new("promtool", ["check", "metrics"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start) ?? throw new InvalidOperationException("promtool is not installed; Debian: apt install prometheus (make tools installs everything)");
        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(cancellation);
            Task<string> error = process.StandardError.ReadToEndAsync(cancellation);
            await process.StandardInput.WriteAsync(scrape);
            process.StandardInput.Close();
            await process.WaitForExitAsync(cancellation).WaitAsync(Limit, cancellation);
            string found = await output + await error;
            return process.ExitCode == 0 ? found : $"{found}(exit code {process.ExitCode})";
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
    }
}
