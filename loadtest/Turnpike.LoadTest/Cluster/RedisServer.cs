using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using StackExchange.Redis;
using Turnpike.LoadTest.Turn;

namespace Turnpike.LoadTest.Cluster;

/// <summary>A redis-server of this run's own, on a loopback port, that keeps nothing.</summary>
internal sealed class RedisServer : IDisposable
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(15);

    private readonly Process _process;
    private readonly ConnectionMultiplexer _connection;
    private readonly IServer _server;

    private RedisServer(Process process, ConnectionMultiplexer connection, IPEndPoint endPoint)
    {
        _process = process;
        _connection = connection;
        _server = connection.GetServer(endPoint);
        EndPoint = endPoint;
    }

    public IPEndPoint EndPoint { get; }

    public string Version => _server.Version.ToString();

    /// <exception cref="TurnRefusedException">It cannot be started.</exception>
    public static async Task<RedisServer> StartAsync(string executable)
    {
        IPEndPoint endPoint = FreeEndPoint();
        string port = endPoint.Port.ToString(CultureInfo.InvariantCulture);
        Process process;
        try
        {
            string[] arguments = ["--port", port, "--bind", $"{endPoint.Address}", "--save", "", "--appendonly", "no"];
            process = Process.Start(new ProcessStartInfo(executable, arguments) { RedirectStandardOutput = true })!;
        }
        catch (Win32Exception exception)
        {
            throw new TurnRefusedException($"{executable} cannot be started: {exception.Message}");
        }

        process.BeginOutputReadLine();
        var options = new ConfigurationOptions { EndPoints = { endPoint }, AbortOnConnectFail = false, AllowAdmin = true };
        var server = new RedisServer(process, await ConnectionMultiplexer.ConnectAsync(options), endPoint);
        using var timer = new PeriodicTimer(PollInterval);
        for (long begun = TimeProvider.System.GetTimestamp(); !server._connection.IsConnected; await timer.WaitForNextTickAsync())
        {
            if (process.HasExited || TimeProvider.System.GetElapsedTime(begun) > StartPatience)
            {
                string why = $"{executable} {(process.HasExited ? "ended at once" : $"does not answer at {endPoint}")}";
                server.Dispose();
                throw new TurnRefusedException(why);
            }
        }

        return server;
    }

    public async Task<StoreWork> WorkAsync()
    {
        KeyValuePair<string, string>[] commands = [.. (await _server.InfoAsync("commandstats")).SelectMany(section => section)
            .Where(line => line.Key.StartsWith("cmdstat_", StringComparison.Ordinal))
            .Select(line => KeyValuePair.Create(line.Key["cmdstat_".Length..], line.Value))];
        Dictionary<string, string> cpu = (await _server.InfoAsync("cpu")).SelectMany(section => section).ToDictionary();
        Dictionary<string, string> memory = (await _server.InfoAsync("memory")).SelectMany(section => section).ToDictionary();
        return new StoreWork(
            commands.ToDictionary(line => line.Key, line => Part(line.Value, "calls=")), Seconds(cpu["used_cpu_user"]) + Seconds(cpu["used_cpu_sys"]))
        {
            Microseconds = commands.ToDictionary(line => line.Key, line => Part(line.Value, "usec=")),
            MemoryBytes = long.Parse(memory["used_memory"], CultureInfo.InvariantCulture),
        };
    }

    public void Dispose()
    {
        _connection.Dispose();
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    // "calls=12,usec=345,..."
    private static long Part(string text, string name)
    {
        int from = text.IndexOf(name, StringComparison.Ordinal) + name.Length;
        return long.Parse(text.AsSpan(from, text.IndexOf(',', from) - from), CultureInfo.InvariantCulture);
    }

    private static double Seconds(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    private static IPEndPoint FreeEndPoint()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return (IPEndPoint)socket.LocalEndPoint!;
    }
}
