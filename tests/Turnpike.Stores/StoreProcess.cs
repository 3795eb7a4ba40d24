using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Turnpike.Stores;

/// <summary>One redis-server process. It ends with the test's process, however that one ends.</summary>
internal sealed class StoreProcess : IAsyncDisposable
{
    // Linux ends a child with the thread that started it, so all are started by one thread that lives as long as the process.
    private static readonly BlockingCollection<Action> Starts = [];
    private readonly Process _process;
    private readonly StringBuilder _output = new();

    static StoreProcess()
    {
        Thread starter = new(static () =>
        {
            foreach (Action start in Starts.GetConsumingEnumerable())
            {
                start();
            }
        })
        { IsBackground = true, Name = "store starter" };
        starter.Start();
    }

    private StoreProcess(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    /// <summary>Starts redis-server. Throws <see cref="InvalidOperationException"/> that names the Debian package when it is missing.</summary>
    public static async Task<StoreProcess> StartAsync(string folder, IEnumerable<string> arguments)
    {
        Tools.Require("redis-server", "redis-server");
        TaskCompletionSource<Process> started = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Starts.Add(() =>
        {
            try
            {
                started.SetResult(Process.Start(new ProcessStartInfo("setpriv", ["--pdeathsig", "KILL", "redis-server", .. arguments])
                {
                    RedirectStandardOutput = true,
                    RedirectStandardError = true,
                    WorkingDirectory = folder,
                })!);
            }
            catch (Win32Exception exception)
            {
                started.SetException(new InvalidOperationException("setpriv cannot be started; Debian: apt install util-linux", exception));
            }
        });
        return new StoreProcess(await started.Task);
    }

    /// <summary>Sends a signal by name: TERM, KILL, STOP, CONT.</summary>
    public void Signal(string signal)
    {
        using Process kill = Process.Start("kill", [$"-{signal}", Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    public async Task EndAsync(string signal)
    {
        if (!HasExited)
        {
            Signal(signal);
            using CancellationTokenSource limit = new(Wait.Limit);
            await _process.WaitForExitAsync(limit.Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await EndAsync("KILL");
        _process.Dispose();
    }

    private void Keep(string? line)
    {
        lock (_output)
        {
            _output.AppendLine(line);
        }
    }
}
