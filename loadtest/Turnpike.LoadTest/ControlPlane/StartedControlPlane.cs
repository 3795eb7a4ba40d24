using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Turnpike.Cluster;
using Turnpike.LoadTest.Cluster;
using Turnpike.LoadTest.Measuring;
using Turnpike.LoadTest.Turn;

namespace Turnpike.LoadTest.ControlPlane;

/// <summary>The published control plane on one CPU, with a store of its own in which an edge reports as real ones do.</summary>
internal sealed class StartedControlPlane : IAsyncDisposable
{
    private const string EdgeId = "load-1";
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(30);

    private readonly RedisServer _redis;
    private readonly Process _process;
    private readonly ClusterStore _store;
    private readonly EventWriter _events;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _beating;

    private StartedControlPlane(RedisServer redis, Process process, Uri grpc, string token, int edges, TimeProvider time)
    {
        (_redis, _process, Grpc, Token, _time) = (redis, process, grpc, token, time);
        ClusterOptions options = new() { Redis = $"{redis.EndPoint}" };
        _store = ClusterStore.Open(options, time, NullLoggerFactory.Instance);
        _events = new EventWriter(_store, EdgeId, options, time, NullLoggerFactory.Instance);
        _beating = BeatAsync(edges);
    }

    public Uri Grpc { get; }

    public string Token { get; }

    public int ProcessId => _process.Id;

    /// <exception cref="TurnRefusedException">It cannot be started, or does not get ready.</exception>
    public static async Task<StartedControlPlane> StartAsync(ApiOptions options, TimeProvider time)
    {
        RedisServer redis = await RedisServer.StartAsync(options.RedisExecutable);
        string token = RandomNumberGenerator.GetHexString(32, lowercase: true);
        Uri grpc = FreeAddress();
        Uri http = FreeAddress();
        // taskset and the shell replace themselves with the server, so the process id is the server's. Nobody reads its log here.
        string cpu = CpuAffinity.Allowed()[0].ToString(CultureInfo.InvariantCulture);
        var start = new ProcessStartInfo("taskset", ["--cpu-list", cpu, "sh", "-c", "exec \"$0\" > /dev/null", options.Executable])
        {
            RedirectStandardError = true,
        };
        foreach ((string key, string value) in (KeyValuePair<string, string>[])
        [
            new("ControlPlane__Grpc", grpc.OriginalString),
            new("ControlPlane__Http", http.OriginalString),
            new("ControlPlane__Tokens__0", $"load:operator:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)))}"),
            new("ControlPlane__CallsPerSecond", "0"),
            new("ControlPlane__MaxStreams", "1000000"),
            new("Cluster__Redis", $"{redis.EndPoint}"),
        ])
        {
            start.Environment[key] = value;
        }

        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (Win32Exception exception)
        {
            redis.Dispose();
            throw new TurnRefusedException($"taskset cannot be started: {exception.Message}");
        }

        var plane = new StartedControlPlane(redis, process, grpc, token, options.Edges, time);
        try
        {
            await plane.WaitAsync(http);
            return plane;
        }
        catch
        {
            await plane.DisposeAsync();
            throw;
        }
    }

    /// <summary>Writes an event as edges do.</summary>
    public Task WriteEventAsync(string realm)
    {
        _events.Add(new ClusterEvent { Kind = EventKind.AllocationStarted, Realm = realm, User = "load", Edge = EdgeId, Allocation = 1, At = _time.GetUtcNow() });
        return _events.FlushAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _beating;
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
        await _events.DisposeAsync();
        await _store.DisposeAsync();
        _redis.Dispose();
        _stopping.Dispose();
    }

    private async Task BeatAsync(int edges)
    {
        var membership = new Membership(_store);
        EdgeRecord[] fleet = [.. Enumerable.Range(1, edges).Select(Edge)];
        using var timer = new PeriodicTimer(Beat, _time);
        try
        {
            do
            {
                await _store.WaitUntilAvailableAsync(_stopping.Token);
                await Task.WhenAll(fleet.Select(edge => membership.BeatAsync(edge, long.MaxValue)));
            }
            while (await timer.WaitForNextTickAsync(_stopping.Token));
        }
        catch (OperationCanceledException)
        {
            return; // The run is over.
        }
    }

    private static EdgeRecord Edge(int number) => new()
    {
        Id = string.Create(CultureInfo.InvariantCulture, $"load-{number}"),
        Name = "load",
        Urls =
        [
            $"turn:192.0.2.{number % 256}:3478?transport=udp", $"turn:192.0.2.{number % 256}:3478?transport=tcp", "turns:turn.example.org:5349?transport=tcp",
            "turn:[2001:db8::1]:3478?transport=udp",
        ],
        RelayAddresses = [$"192.0.2.{number % 256}"],
        MinPort = 49152,
        MaxPort = 65535,
        Capacity = new EdgeCapacity { Allocations = 10_000, RelayPorts = 16_384 },
    };

    private async Task WaitAsync(Uri http)
    {
        using var client = new HttpClient { BaseAddress = http };
        using var timer = new PeriodicTimer(PollInterval);
        for (long begun = _time.GetTimestamp(); _time.GetElapsedTime(begun) < StartPatience; await timer.WaitForNextTickAsync())
        {
            if (_process.HasExited)
            {
                throw new TurnRefusedException($"the control plane ended with code {_process.ExitCode}:\n{await _process.StandardError.ReadToEndAsync()}");
            }

            try
            {
                using HttpResponseMessage answer = await client.GetAsync(new Uri("/health/ready", UriKind.Relative));
                if (answer.IsSuccessStatusCode)
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                continue; // not up yet: ask again
            }
        }

        throw new TurnRefusedException($"the control plane is not ready at {http}");
    }

    private static Uri FreeAddress()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return new Uri($"http://{socket.LocalEndPoint}");
    }
}
