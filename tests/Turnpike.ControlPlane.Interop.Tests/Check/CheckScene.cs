using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Turnpike.ControlPlane.Interop.Fleet;
using Turnpike.Interop.Processes;
using Turnpike.Interop.Servers;
using Turnpike.Stores;

namespace Turnpike.ControlPlane.Interop.Check;

/// <summary>
/// Three clusters of one store, each with a control plane and an edge: one where all is well, one where UDP is silent, one whose
/// certificate the browser does not trust. One browser visits them, and the tests look at what it saw.
/// </summary>
public sealed class CheckScene : IAsyncLifetime
{
    public const string BrowserKey = "browser-key-of-interop-tests";
    public const string WrongToken = "no-token-of-anybody";

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    private readonly ConcurrentStack<IAsyncDisposable> _started = new();
    private readonly List<IDisposable> _held = [];

    internal Side Whole { get; private set; } = null!;

    internal Side Silent { get; private set; } = null!;

    internal Side Untrusted { get; private set; } = null!;

    internal CheckResult Seen { get; private set; } = null!;

    internal string Log => string.Join('\n', ((Side[])[Whole, Silent, Untrusted]).Select(side => $"{side.Plane.Log}\nThe log of its edge:\n{side.Edge.Log}"));

    public async ValueTask InitializeAsync()
    {
        RedisServer store = Track(await RedisServer.StartAsync());
        IPAddress address = Loopback.NextAddress();
        TestCertificate trusted = Hold(new TestCertificate(address));
        // Six programs that all start at once would start none in time on a busy machine.
        Whole = await StartWholeAsync(store.ConnectionString, address, trusted);
        Silent = await StartSilentAsync(store.ConnectionString);
        Untrusted = await StartUntrustedAsync(store.ConnectionString);
        BadNetwork network = Track(new BadNetwork(Loopback.NextAddress(), Whole.Edge.EndPoint));
        Seen = await CheckBrowser.OpenAsync([trusted.PublicKeyHash], Visits(network), Answers(), VerdictCases.Ways, Page(Whole, "seconds=0.2&timeout=20", ControlPlaneServer.Token));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (IAsyncDisposable each in _started)
        {
            await each.DisposeAsync();
        }
        _held.ForEach(each => each.Dispose());
        GC.SuppressFinalize(this);
    }

    private static Uri Page(Side side, string query, string? token = null) =>
        new(side.Plane.Http, $"/check?{query}{(token is null ? "" : $"#token={token}")}");

    private CheckVisit[] Visits(BadNetwork network) =>
    [
        new("whole", Page(Whole, "seconds=1&timeout=20", ControlPlaneServer.Token)),
        new("bad", Page(Whole, "seconds=1&timeout=20", ControlPlaneServer.Token), Through: $"turn:{network.EndPoint}?transport=udp"),
        new("silent", Page(Silent, "seconds=1&timeout=15", WrongToken), Typed: ControlPlaneServer.Token),
        new("untrusted", Page(Untrusted, "seconds=1&timeout=20", BrowserKey)),
        new("stopped", Page(Untrusted, "seconds=1&timeout=4", BrowserKey), Kill: Untrusted.Edge.Process.Id),
    ];

    private StandInAnswers Answers() => new(Page(Whole, "seconds=1", ControlPlaneServer.Token),
    [
        new("forbidden", 403, """{"code":7,"message":"This key does not work from here.","details":[]}"""),
        new("often", 429, """{"code":8,"message":"Too many calls with this key.","details":[{"@type":"x/google.rpc.RetryInfo","retryDelay":"59.2s"}]}"""),
        new("no-edge", 503, """{"code":14,"message":"No edge that is ready serves this.","details":[{"@type":"x/google.rpc.ErrorInfo","reason":"NO_EDGE"}]}"""),
        new("no-store", 503, """{"code":14,"message":"The store is away.","details":[{"@type":"x/google.rpc.ErrorInfo","reason":"STORE_UNAVAILABLE"}]}"""),
        new("no-urls", 200, """{"iceServers":[{"urls":["stun:192.0.2.1:3478"]}],"expireTime":"2030-01-01T00:00:00Z"}"""),
        new("proxy", 200, "<h1>Sign in</h1>", "text/html"),
        new("gateway", 502, "<h1>Bad gateway</h1>", "text/html"),
        new("away", 0),
        new("nonsense", 200, """{"iceServers":[{"urls":"turn:192.0.2.1:99999"}],"expireTime":"never"}"""),
    ]);

    // UDP, TCP, TLS and DTLS on IPv4, and the first three on IPv6. No private peer is opened: the edge's own relayed addresses are peers as they are.
    private Task<Side> StartWholeAsync(string redis, IPAddress address, TestCertificate certificate)
    {
        int port = Loopback.FreePort(IPAddress.IPv6Loopback);
        int secure = Loopback.FreePort(IPAddress.IPv6Loopback);
        var settings = new ServerSettings
        {
            Address = address,
            OtherFamily = IPAddress.IPv6Loopback,
            Tcp = true,
            Certificate = certificate,
            LoopbackPeers = false,
        };
        return StartAsync(redis, "whole", settings, urls: 7, edge:
        [
            ("Edge__Listeners__4", $"udp://[::1]:{port}"),
            ("Edge__Listeners__5", $"tcp://[::1]:{port}"),
            ("Edge__Listeners__6", $"tls://[::1]:{secure}"),
        ]);
    }

    // UDP is served at another address than the one that clients are told, where a socket takes it all and says nothing.
    private Task<Side> StartSilentAsync(string redis)
    {
        IPAddress address = Loopback.NextAddress();
        int port = Loopback.FreePort(address);
        Socket silence = Hold(new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        silence.Bind(new IPEndPoint(address, port));
        var settings = new ServerSettings { Address = address, Port = port, Tcp = true, LoopbackPeers = false };
        return StartAsync(redis, "silent", settings, urls: 2, edge:
        [
            ("Edge__Listeners__0", $"udp://{new IPEndPoint(Loopback.NextAddress(), port)}?public={address}"),
            ("Edge__Relay__Addresses__0", $"{address}"),
        ]);
    }

    // TLS once on a port of its own and once on the port that TCP has, and no more allocations than one test call needs, behind a control
    // plane that knows the page by its browser key.
    private Task<Side> StartUntrustedAsync(string redis)
    {
        IPAddress address = Loopback.NextAddress();
        int port = Loopback.FreePort(address);
        var http = new IPEndPoint(address, Loopback.FreeTcpPort(address));
        var settings = new ServerSettings { Address = address, Port = port, Certificate = Hold(new TestCertificate(address)), LoopbackPeers = false, AllocationsPerUser = 2 };
        return StartAsync(redis, "untrusted", settings, urls: 5, http, edge: [("Edge__Listeners__3", $"tcp+tls://{new IPEndPoint(address, port)}")], plane:
        [
            ("ControlPlane__BrowserKeys__0", $"page:{ServerSettings.Realm}:{ControlPlaneServer.Hash(BrowserKey)}:http://{http}"),
        ]);
    }

    private async Task<Side> StartAsync(
        string redis, string prefix, ServerSettings settings, int urls, IPEndPoint? http = null, (string, string)[]? edge = null, (string, string)[]? plane = null)
    {
        (string, string) cluster = ("Cluster__KeyPrefix", prefix);
        http ??= new IPEndPoint(settings.Address, Loopback.FreeTcpPort(settings.Address));
        var grpc = new IPEndPoint(settings.Address, Loopback.FreeTcpPort(settings.Address));
        Task<EdgeServer> relay = EdgeServer.StartAsync(settings, [("Cluster__Redis", redis), cluster, ("Edge__Shards", "1"), .. edge ?? []]);
        Task<ControlPlaneServer> control = ControlPlaneServer.StartAsync(redis, grpc, http, [cluster, .. plane ?? []]);
        // Each of them ends with the test, also when the other one does not start.
        await Task.WhenAll(TrackAsync(relay), TrackAsync(control));
        var side = new Side(await control, await relay);
        using HttpClient rest = side.Plane.Rest();
        await Deadline.UntilAsync($"the control plane of {prefix} issues {urls} URLs", Soon, async () => await CountUrlsAsync(rest) == urls);
        return side;
    }

    private static async Task<int> CountUrlsAsync(HttpClient rest)
    {
        using StringContent body = new("{}", Encoding.UTF8, "application/json");
        using HttpResponseMessage answer = await rest.PostAsync(new Uri("/v1/credentials:issue", UriKind.Relative), body, TestContext.Current.CancellationToken);
        if (!answer.IsSuccessStatusCode)
        {
            return 0;
        }
        JsonElement issued = JsonElement.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        return issued.GetProperty("iceServers").EnumerateArray().Last().GetProperty("urls").GetArrayLength();
    }

    private async Task TrackAsync<T>(Task<T> starting)
        where T : IAsyncDisposable => Track(await starting);

    private T Track<T>(T started)
        where T : IAsyncDisposable
    {
        _started.Push(started);
        return started;
    }

    private T Hold<T>(T held)
        where T : IDisposable
    {
        _held.Add(held);
        return held;
    }

    /// <summary>A cluster: its control plane and its edge.</summary>
    internal sealed record Side(ControlPlaneServer Plane, EdgeServer Edge);
}
