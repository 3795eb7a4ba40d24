using System.Diagnostics;
using System.Globalization;

namespace Turnpike.Edge.Tests.Host;

/// <summary>The executable itself, started as an operator would. The environment is inherited, so no other test changes it meanwhile.</summary>
[Collection(EnvironmentCollection.Name)]
public sealed class ProcessTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData("--Edge:Relm=x")]
    [InlineData("--Edge:Relay:MinPort=0")]
    [InlineData("--Edge:Listeners:0=sctp://0.0.0.0:5349")]
    [InlineData("--help-me")]
    public async Task A_wrong_setting_ends_with_code_1_and_one_line(string argument)
    {
        (int code, string output, string error) = await RunAsync("--Edge:Secrets:0=hunter2hunter2hunter2", argument);
        Assert.Equal(1, code);
        Assert.Empty(output);
        string line = Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("turnpike-edge: ", line, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_credentials_it_says_how_to_set_them()
    {
        (int code, _, string error) = await RunAsync();
        Assert.Equal(1, code);
        Assert.Contains("Edge__Secrets__0", Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--help", "Edge__Relay__MinPort")]
    [InlineData("--version", "turnpike-edge 0.")]
    public async Task Help_and_version_end_with_code_0(string argument, string expected)
    {
        (int code, string output, string error) = await RunAsync(argument);
        Assert.Equal(0, code);
        Assert.Contains(expected, output, StringComparison.Ordinal);
        Assert.Empty(error);
    }

    [Fact(SkipUnless = nameof(HasSignals), Skip = "SIGTERM needs a Unix system")]
    public async Task Sigterm_ends_an_idle_edge_with_code_0()
    {
        using Process process = Start(
            "--Edge:Trial=true", "--Edge:Listeners:0=udp://127.0.0.1:0", "--Edge:Management=http://127.0.0.1:0", "--Logging:Format=json");
        Task<string> error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        try
        {
            while (await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Limit, TestContext.Current.CancellationToken) is string line
                && !line.Contains("\"EventId\":1000", StringComparison.Ordinal))
            {
            }
            using Process kill = Process.Start("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)]);
            string rest = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken).WaitAsync(Limit, TestContext.Current.CancellationToken);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Limit, TestContext.Current.CancellationToken);
            Assert.Equal(0, process.ExitCode);
            Assert.Contains("\"EventId\":1011", rest, StringComparison.Ordinal);
            Assert.Empty(await error);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
    }

    public static bool HasSignals => !OperatingSystem.IsWindows();

    private static Process Start(params string[] arguments)
    {
        ProcessStartInfo start = new("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "turnpike-edge.dll"));
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }
        return Process.Start(start)!;
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments)
    {
        using Process process = Start(arguments);
        Task<string> output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        Task<string> error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Limit, TestContext.Current.CancellationToken);
        return (process.ExitCode, await output, await error);
    }
}
