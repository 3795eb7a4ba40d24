using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Turnpike.Standalone.Tests.Host;

/// <summary>The executable itself, started as an operator would, in an empty folder of its own, on ports of the system's choice.</summary>
internal sealed partial class StandaloneProcess : IAsyncDisposable
{
    public static readonly string[] Trial =
        ["--Edge:Trial=true", "--Edge:Listeners:0=udp://127.0.0.1:0", "--Edge:Management=http://127.0.0.1:0",
        "--ControlPlane:Grpc=http://127.0.0.1:0", "--ControlPlane:Http=http://127.0.0.1:0", "--Logging:Format=text"];

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private readonly BlockingCollection<string> _lines = [];
    private readonly Process _process;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("turnpike-standalone-");

    public StandaloneProcess(params string[] arguments)
        : this(arguments, temporaryFolder: null)
    {
    }

    public StandaloneProcess(string[] arguments, string? temporaryFolder)
    {
        ProcessStartInfo start = new("dotnet", [Path.Combine(AppContext.BaseDirectory, "turnpike-standalone.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = _folder.FullName,
        };
        // Where the store keeps what it has no room for: seen by the test, and not mixed with others'.
        TemporaryFolder = _folder.CreateSubdirectory("tmp");
        start.Environment["TMPDIR"] = temporaryFolder ?? TemporaryFolder.FullName;
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public DirectoryInfo TemporaryFolder { get; }

    /// <summary>Everything that was printed so far.</summary>
    public string Output => string.Join('\n', _lines);

    /// <summary>Files that the process has left in its working directory.</summary>
    public IEnumerable<string> Files => Directory.EnumerateFileSystemEntries(_folder.FullName).Where(entry => entry != TemporaryFolder.FullName);

    public IPEndPoint Turn => IPEndPoint.Parse(TurnUrl().Match(Output).Groups[1].Value);

    public string Management => ManagementUrl().Match(Output).Groups[1].Value;

    /// <summary>The address of the control plane, and its operator's token where the screen shows one.</summary>
    public (Uri Http, string Token) ControlPlane
    {
        get
        {
            Match match = CheckUrl().Match(Output);
            return (new Uri(match.Groups[1].Value), match.Groups[2].Value);
        }
    }

    /// <summary>The address of the store, and its password where the screen shows one.</summary>
    public (string EndPoint, string Password) Store
    {
        get
        {
            Match match = StoreUrl().Match(Output);
            return (match.Groups[2].Value, match.Groups[1].Value);
        }
    }

    /// <summary>Username and password from the snippet that the screen offers for pasting.</summary>
    public (string Username, string Password) Credential
    {
        get
        {
            const string Before = "RTCPeerConnection(";
            string output = Output;
            int open = output.IndexOf(Before, StringComparison.Ordinal) + Before.Length;
            using JsonDocument json = JsonDocument.Parse(output[open..output.IndexOf(");", open, StringComparison.Ordinal)]);
            JsonElement server = json.RootElement.GetProperty("iceServers")[0];
            return (server.GetProperty("username").GetString()!, server.GetProperty("credential").GetString()!);
        }
    }

    public static async Task<StandaloneProcess> StartAsync(params string[] arguments)
    {
        StandaloneProcess process = new([.. Trial, .. arguments]);
        try
        {
            await process.UntilAsync("the screen is printed", () => process.Output.Contains("Ctrl-C waits", StringComparison.Ordinal));
            return process;
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    public Task UntilAsync(string what, Func<bool> condition) => UntilAsync(what, () => Task.FromResult(condition()));

    public async Task UntilAsync(string what, Func<Task<bool>> condition)
    {
        long started = Stopwatch.GetTimestamp();
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(25));
        while (!await condition())
        {
            Assert.False(_process.HasExited, $"{what}: it ended before:\n{Output}");
            Assert.True(Stopwatch.GetElapsedTime(started) < Limit, $"{what}: not within {Limit.TotalSeconds:0} s:\n{Output}");
            await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
    }

    public async Task TerminateAsync()
    {
        using Process kill = Process.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>The exit code, once the process has ended and all of its output is read.</summary>
    public async Task<int> ExitCodeAsync()
    {
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Limit, TestContext.Current.CancellationToken);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync(CancellationToken.None);
        }
        _process.Dispose();
        _lines.Dispose();
        _folder.Delete(recursive: true);
    }

    [GeneratedRegex(@"turn:([\d.]+:\d+)\?transport=udp")]
    private static partial Regex TurnUrl();

    [GeneratedRegex(@"(http://[\d.]+:\d+)/health/ready")]
    private static partial Regex ManagementUrl();

    [GeneratedRegex(@"(http://[\d.]+:\d+/)check(?:#token=(\w+))?")]
    private static partial Regex CheckUrl();

    [GeneratedRegex(@"redis://(?::(\w+)@)?([\d.]+:\d+)")]
    private static partial Regex StoreUrl();

    private void Keep(string? line)
    {
        if (line is not null)
        {
            _lines.Add(line);
        }
    }
}
