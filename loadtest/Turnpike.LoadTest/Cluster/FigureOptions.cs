using Turnpike.LoadTest.CommandLine;

namespace Turnpike.LoadTest.Cluster;

/// <summary>What is measured, and for how long.</summary>
internal sealed record FigureOptions(
    string EdgeExecutable, string RedisExecutable, double Seconds, int Concurrent, int Edges, int UsersPerEdge, int Credentials)
{
    private const double QuickSeconds = 1;
    private const int QuickEdges = 5;
    private const int QuickCredentials = 10_000;

    public static readonly Option[] Known =
    [
        new("edge", "PATH", "the published edge", "artifacts/publish/edge/turnpike-edge"),
        new("redis", "PATH", "the redis-server to start", "redis-server"),
        new("seconds", "S", "length of each measurement", "10"),
        new("concurrent", "N", "clients that allocate at the same time", "64"),
        new("edges", "N", "simulated edges", "100"),
        new("users", "N", "users of each simulated edge, with usage every second", "50"),
        new("credentials", "N", "credentials issued and verified", "1000000"),
        new("quick", null, "a smoke run; its figures say little"),
        new("json", "FILE", "write the figures as JSON; - is the standard output"),
        new("help", null, "this text"),
    ];

    public static FigureOptions From(ParsedOptions given)
    {
        bool quick = given.Flag("quick");
        string edge = given.RequiredText("edge");
        return new FigureOptions(
            File.Exists(edge) ? Path.GetFullPath(edge) : throw new UsageException($"there is no {edge}: run make publish first, or name it with --edge"),
            given.RequiredText("redis"),
            quick && !given.Has("seconds") ? QuickSeconds : given.Number("seconds", 0.5, 600),
            given.Integer("concurrent", 1, 4096),
            quick && !given.Has("edges") ? QuickEdges : given.Integer("edges", 1, 1000),
            given.Integer("users", 1, 10_000),
            quick && !given.Has("credentials") ? QuickCredentials : given.Integer("credentials", 1000, 100_000_000));
    }
}
