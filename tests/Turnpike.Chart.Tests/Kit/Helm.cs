using System.Diagnostics;

namespace Turnpike.Chart.Tests.Kit;

/// <summary>What a program left behind.</summary>
internal sealed record Finished(int ExitCode, string Output, string Error);

/// <summary>Runs the real helm, with no settings but those given here.</summary>
internal static class Helm
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    // tests/install-tools.sh leaves it there.
    private static readonly string Installed = Path.Combine(Repository.Root, "artifacts", "tools", "helm");

    public static string Case(string name) => Path.Combine(Repository.Tests, "Cases", name + ".yaml");

    public static Task<Finished> RunAsync(params string[] arguments) =>
        RunAsync(File.Exists(Installed) ? Installed : "helm", arguments, "");

    /// <summary>The chart's objects with a case's values, as YAML.</summary>
    public static async Task<string> TemplateAsync(string name)
    {
        Finished finished = await RunAsync("template", "t", Repository.Chart, "--namespace", "calls", "--values", Case(name));
        Assert.True(finished.ExitCode == 0, finished.Error);
        return finished.Output;
    }

    public static async Task<Finished> RunAsync(string program, IEnumerable<string> arguments, string input)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["HELM_CONFIG_HOME"] = Path.Combine(Path.GetTempPath(), "turnpike-helm");
        start.Environment["KUBECONFIG"] = "/dev/null";
        using Process process = Process.Start(start)!;
        using CancellationTokenSource timeout = new(Patience);
        Task<string> output = process.StandardOutput.ReadToEndAsync(timeout.Token);
        Task<string> error = process.StandardError.ReadToEndAsync(timeout.Token);
        try
        {
            await process.StandardInput.WriteAsync(input.AsMemory(), timeout.Token);
            process.StandardInput.Close();
            await process.WaitForExitAsync(timeout.Token);
            return new Finished(process.ExitCode, await output, await error);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }
}
