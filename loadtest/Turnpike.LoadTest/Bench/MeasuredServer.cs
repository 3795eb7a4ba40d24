using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using Turnpike.LoadTest.Turn;

namespace Turnpike.LoadTest.Bench;

/// <summary>The one user of a comparison.</summary>
internal sealed record BenchUser(string Name, string Password);

/// <summary>
/// A server that the comparison starts, pins to a CPU and ends. A new one to compare with is a subclass that says how it is
/// started, and an entry in <see cref="BenchOptions"/>. Its settings: one worker, its best settings, loopback peers allowed, the given user, no
/// limits.
/// </summary>
internal abstract class MeasuredServer(string name) : IDisposable
{
    private const int KeptOutputLines = 20;

    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan VersionPatience = TimeSpan.FromSeconds(5);

    private readonly Queue<string> _output = new();
    private Process? _process;

    /// <summary>Unique in a comparison.</summary>
    public string Name { get; set; } = name;

    /// <summary>Gives it an address of its own: servers that relay from one address, and clients on it, take each other's ports.</summary>
    public int Number { get; set; }

    public IPEndPoint Endpoint { get; private set; } = new(IPAddress.Loopback, 0);

    public int ProcessId => _process!.Id;

    /// <summary>The scratch folder of this server, made at its start and removed when it is disposed.</summary>
    protected string Folder { get; private set; } = "";

    protected abstract string Executable { get; }

    protected virtual IEnumerable<string> Arguments(IPEndPoint listen, BenchUser user) => [];

    protected virtual IEnumerable<KeyValuePair<string, string>> Settings(IPEndPoint listen, BenchUser user) => [];

    /// <summary>The version to print beside the figures.</summary>
    public abstract string Version { get; }

    /// <summary>Starts the server, confined to the CPU, and waits until it answers a Binding request.</summary>
    /// <param name="cpu">Its CPU.</param>
    /// <param name="user">The user that it knows.</param>
    /// <param name="veth">Where it lives; null: on loopback.</param>
    /// <exception cref="TurnRefusedException">It cannot be started, ends, or does not answer.</exception>
    public void Start(int cpu, BenchUser user, VethPair? veth = null)
    {
        Folder = Directory.CreateTempSubdirectory("turnpike-bench-").FullName;
        Endpoint = veth is null ? StunProbe.FreeEndpoint(new IPAddress([127, 0, 0, (byte)(2 + Number)])) : VethPair.EndpointOf(Number);
        IReadOnlyList<string> prefix = veth is null ? [] : VethPair.Prefix;
        string[] command =
            [.. prefix, "taskset", "--cpu-list", cpu.ToString(CultureInfo.InvariantCulture), Executable, .. Arguments(Endpoint, user)];

        // ip and taskset replace themselves with what they start, so the process id is the server's.
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Folder,
        };
        foreach ((string key, string value) in Settings(Endpoint, user))
        {
            start.Environment[key] = value;
        }

        try
        {
            _process = Process.Start(start)!;
        }
        catch (Win32Exception exception)
        {
            throw new TurnRefusedException($"{Name} cannot be started: {exception.Message}");
        }

        _process.OutputDataReceived += Keep;
        _process.ErrorDataReceived += Keep;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        if (!StunProbe.WaitForAnswer(Endpoint, StartPatience, () => _process.HasExited))
        {
            if (_process.HasExited)
            {
                _process.WaitForExit(); // until its output has been read to the end
            }

            string what = _process.HasExited ? $"ended with code {_process.ExitCode}" : $"did not answer on {Endpoint}";
            throw new TurnRefusedException($"{Name} {what}:\n{LastOutput()}");
        }
    }

    public virtual void Dispose()
    {
        try
        {
            if (_process is { HasExited: false })
            {
                _process.Kill(); // nothing is worth a graceful end, and a drain would wait
                _process.WaitForExit();
            }
        }
        finally
        {
            _process?.Dispose();
            if (Folder.Length != 0)
            {
                Directory.Delete(Folder, recursive: true);
            }
        }
    }

    /// <summary>The first line that a command prints, for <see cref="Version"/>.</summary>
    protected static string FirstLineOf(string executable, params string[] arguments)
    {
        try
        {
            var start = new ProcessStartInfo(executable, arguments) { RedirectStandardOutput = true };
            using Process process = Process.Start(start)!;
            Task<string> output = process.StandardOutput.ReadToEndAsync();
            if (!process.WaitForExit(VersionPatience))
            {
                process.Kill();
            }

            return output.GetAwaiter().GetResult().Split('\n')[0].Trim();
        }
        catch (Win32Exception)
        {
            return "unknown version";
        }
    }

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        if (line.Data is null)
        {
            return;
        }

        lock (_output)
        {
            _output.Enqueue(line.Data);
            if (_output.Count > KeptOutputLines)
            {
                _output.Dequeue();
            }
        }
    }

    private string LastOutput()
    {
        lock (_output)
        {
            return string.Join('\n', _output);
        }
    }
}
