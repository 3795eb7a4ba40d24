using System.Globalization;
using System.Net;

namespace Turnpike.LoadTest.Bench;

/// <summary>The published edge with one shard.</summary>
internal class EdgeServer(string executable, string name = "edge") : MeasuredServer(name)
{
    private string? _version;

    /// <summary>Where it tells of itself: on loopback, also in a namespace. The port may be taken between its choice and its use.</summary>
    public Uri Management { get; } = new(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{LoopbackListener.FreePort()}"));

    public override string Version => _version ??= FirstLineOf(executable, "--version");

    protected override string Executable => executable;

    /// <summary>One shard, peers on the same network, no limits, one user.</summary>
    public static IEnumerable<KeyValuePair<string, string>> BasicSettings(IPEndPoint listen, BenchUser user) =>
    [
        new("Edge__Realm", "bench"),
        new("Edge__Listeners__0", $"udp://{listen}"),
        new("Edge__Users__0", $"{user.Name}:{user.Password}"),
        new("Edge__Shards", "1"),
        new("Edge__Peers__AllowPrivate__0", IPAddress.IsLoopback(listen.Address) ? "127.0.0.0/8" : VethPair.Network),
        new("Edge__Relay__AllowPrivate", "true"),
        new("Edge__Quota__UnauthenticatedResponsesPerSecond", "0"),
        new("Edge__Management", "http://127.0.0.1:0"),
    ];

    protected override IEnumerable<KeyValuePair<string, string>> Settings(IPEndPoint listen, BenchUser user) =>
        [.. BasicSettings(listen, user), new("Edge__Management", $"{Management}")];
}
