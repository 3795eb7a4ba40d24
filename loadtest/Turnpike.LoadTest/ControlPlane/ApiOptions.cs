using Turnpike.LoadTest.CommandLine;

namespace Turnpike.LoadTest.ControlPlane;

/// <summary>Which control plane is measured, and how.</summary>
/// <param name="Server">One that runs; null: one is started, with a store of its own.</param>
/// <param name="Token">An operator's or issuer's, for <paramref name="Server"/>.</param>
/// <param name="ProcessId">Of <paramref name="Server"/>; null: its CPU time and memory are not measured.</param>
internal sealed record ApiOptions(
    Uri? Server,
    string Token,
    int? ProcessId,
    string Executable,
    string RedisExecutable,
    double WarmUpSeconds,
    double Seconds,
    int Rounds,
    int Concurrent,
    int Connections,
    int Rate,
    int Watchers,
    int WatchersPerConnection,
    int Edges)
{
    /// <summary>The streams that Kestrel allows a connection.</summary>
    private const int StreamsPerConnection = 100;

    private const double QuickSeconds = 1;
    private const int QuickWatchers = 50;

    public static readonly Option[] Known =
    [
        new("server", "URL", "gRPC address of a control plane that runs; without it one is started with a redis-server of its own"),
        new("token", "TOKEN", "a token of the role operator, or issuer of the default realm; needed with --server"),
        new("pid", "PID", "the process of --server, where it runs on this machine: its CPU time and memory are measured"),
        new("control-plane", "PATH", "the published control plane", "artifacts/publish/control-plane/turnpike-control-plane"),
        new("redis", "PATH", "the redis-server to start", "redis-server"),
        new("warm-up", "S", "issuing before anything of it is measured: a process that has just started still compiles its code", "60"),
        new("seconds", "S", "length of each round", "10"),
        new("rounds", "N", "rounds of issuing as fast as it goes; the least costly counts", "5"),
        new("concurrent", "N", "calls at the same time in them", "64"),
        new("connections", "N", "connections that the calls are spread over", "4"),
        new("rate", "N", "calls a second while the time of answers is measured", "1000"),
        new("watchers", "N", "streams of events that are open at once; 0: none", "10000"),
        new("watchers-per-connection", "N", "of them on one connection", "100"),
        new("edges", "N", "edges that report to the control plane that is started", "1"),
        new("quick", null, "a smoke run; its figures say little"),
        new("json", "FILE", "write the figures as JSON; - is the standard output"),
        new("help", null, "this text"),
    ];

    public static ApiOptions From(ParsedOptions given)
    {
        bool quick = given.Flag("quick");
        Uri? server = given.Text("server") is { } url
            ? Uri.TryCreate(url, UriKind.Absolute, out Uri? uri) && uri.Scheme is "http" or "https"
                ? uri
                : throw new UsageException($"--server is an address such as http://127.0.0.1:8443, not '{url}'")
            : null;
        string executable = given.RequiredText("control-plane");
        if (server is null && !File.Exists(executable))
        {
            throw new UsageException($"there is no {executable}: run make publish first, name it with --control-plane, or measure another one with --server");
        }

        if (server is not null && given.Has("edges"))
        {
            throw new UsageException("--edges is about a control plane that is started, not about a --server");
        }

        if (server is null && (given.Has("token") || given.Has("pid")))
        {
            throw new UsageException("--token and --pid are about a --server");
        }

        int connections = given.Integer("connections", 1, 1000);
        return new ApiOptions(
            server,
            server is null ? "" : given.RequiredText("token"),
            given.Has("pid") ? given.Integer("pid", 1, int.MaxValue) : null,
            Path.GetFullPath(executable),
            given.RequiredText("redis"),
            quick && !given.Has("warm-up") ? QuickSeconds : given.Number("warm-up", 0, 600),
            quick && !given.Has("seconds") ? QuickSeconds : given.Number("seconds", 0.5, 600),
            quick && !given.Has("rounds") ? 1 : given.Integer("rounds", 1, 100),
            given.Integer("concurrent", 1, connections * StreamsPerConnection),
            connections,
            given.Integer("rate", 1, 100_000),
            quick && !given.Has("watchers") ? QuickWatchers : given.Integer("watchers", 0, 1_000_000),
            given.Integer("watchers-per-connection", 1, StreamsPerConnection),
            given.Integer("edges", 1, 20_000));
    }
}
