using Turnpike.LoadTest.CommandLine;

namespace Turnpike.LoadTest.Store;

/// <summary>How much of each kind of call is measured.</summary>
/// <param name="RedisExecutable">The redis-server to start.</param>
/// <param name="Calls">Calls of each kind that is about one thing.</param>
/// <param name="Users">Users in one realm, for calls that are about many.</param>
/// <param name="Edges">Members of the large fleet.</param>
/// <param name="Listeners">Connections that hear announcements.</param>
internal sealed record StoreOptions(string RedisExecutable, int Calls, int Users, int Edges, int Listeners)
{
    private const int QuickCalls = 20;
    private const int QuickUsers = 500;
    private const int QuickEdges = 50;
    private const int QuickListeners = 10;

    public static readonly Option[] Known =
    [
        new("redis", "PATH", "the redis-server to start", "redis-server"),
        new("calls", "N", "calls of each kind that is about one user or edge", "2000"),
        new("users", "N", "users of a realm, for calls that are about many", "20000"),
        new("edges", "N", "members of the fleet whose list is read", "1000"),
        new("listeners", "N", "connections that hear an announcement", "500"),
        new("quick", null, "a smoke run; its figures say little"),
        new("json", "FILE", "write the figures as JSON; - is the standard output"),
        new("help", null, "this text"),
    ];

    public static StoreOptions From(ParsedOptions given)
    {
        bool quick = given.Flag("quick");
        return new StoreOptions(
            given.RequiredText("redis"),
            quick && !given.Has("calls") ? QuickCalls : given.Integer("calls", 10, 1_000_000),
            quick && !given.Has("users") ? QuickUsers : given.Integer("users", 256, 1_000_000),
            quick && !given.Has("edges") ? QuickEdges : given.Integer("edges", 10, 20_000),
            quick && !given.Has("listeners") ? QuickListeners : given.Integer("listeners", 1, 10_000));
    }
}
