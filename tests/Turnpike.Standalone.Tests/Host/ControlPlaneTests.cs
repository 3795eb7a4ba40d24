using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Turnpike.Standalone.Tests.Host;

/// <summary>The control plane of the standalone, called as its screen says.</summary>
public sealed class ControlPlaneTests(RunningStandalone running)
{
    [Fact]
    public async Task A_credential_issued_with_the_token_on_the_screen_opens_an_allocation_until_it_is_revoked()
    {
        await using StandaloneProcess standalone = await StandaloneProcess.StartAsync("--Edge:Realm=example.org");
        using HttpClient http = Client(standalone, standalone.ControlPlane.Token);
        JsonElement issued = await PostAsync(http, "v1/credentials:issue", new { user = "alice" });
        Assert.Equal("example.org", issued.GetProperty("realm").GetString());
        JsonElement turn = issued.GetProperty("iceServers").EnumerateArray().Last();
        Assert.Equal($"turn:{standalone.Turn}?transport=udp", Assert.Single(turn.GetProperty("urls").EnumerateArray()).GetString());
        (string, string) credential = (turn.GetProperty("username").GetString()!, turn.GetProperty("credential").GetString()!);
        await standalone.UntilAsync("the edge knows the realm's secret", async () =>
        {
            using TurnCaller caller = new(standalone.Turn, credential);
            return await caller.AllocateAsync();
        });
        await PostAsync(http, "v1/credentials:revoke", new { user = "alice" });
        await standalone.UntilAsync("the edge refuses it", async () =>
        {
            using TurnCaller caller = new(standalone.Turn, credential);
            return !await caller.AllocateAsync();
        });
    }

    [Fact]
    public async Task Only_callers_that_the_settings_name_are_let_in_where_they_name_any()
    {
        const string Token = "a-token-of-the-operator";
        string hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Token)));
        await using StandaloneProcess standalone = await StandaloneProcess.StartAsync($"--ControlPlane:Tokens:0=admin:operator:{hash}");
        Assert.Empty(standalone.ControlPlane.Token);
        using HttpClient admitted = Client(standalone, Token);
        Assert.Equal(HttpStatusCode.OK, (await admitted.GetAsync("v1/edges", TestContext.Current.CancellationToken)).StatusCode);
        using HttpClient stranger = Client(standalone, "another");
        Assert.Equal(HttpStatusCode.Unauthorized, (await stranger.GetAsync("v1/edges", TestContext.Current.CancellationToken)).StatusCode);
    }

    [Fact]
    public async Task Its_paths_and_those_of_the_edge_are_on_ports_of_their_own()
    {
        StandaloneProcess standalone = running.Process;
        using HttpClient http = new();
        CancellationToken end = TestContext.Current.CancellationToken;
        string own = await http.GetStringAsync(new Uri(standalone.ControlPlane.Http, "metrics"), end);
        Assert.Contains("turnpike_control_plane_build_info{", own, StringComparison.Ordinal);
        Assert.DoesNotContain("turnpike_edge_", own, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync($"{standalone.Management}/v1/edges", end)).StatusCode);
    }

    [Fact]
    public async Task A_port_that_is_in_use_is_one_clear_error()
    {
        using Socket occupant = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        occupant.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        occupant.Listen();
        int port = ((IPEndPoint)occupant.LocalEndPoint!).Port;
        await using StandaloneProcess standalone = new([.. StandaloneProcess.Trial, $"--ControlPlane:Http=http://127.0.0.1:{port}"]);
        Assert.Equal(1, await standalone.ExitCodeAsync());
        Assert.Single(standalone.Output.Split('\n'), line => line.StartsWith("turnpike-standalone: ControlPlane:Grpc, ControlPlane:Http: cannot listen", StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", standalone.Output, StringComparison.Ordinal);
    }

    private static HttpClient Client(StandaloneProcess standalone, string token)
    {
        HttpClient http = new() { BaseAddress = standalone.ControlPlane.Http };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return http;
    }

    private static async Task<JsonElement> PostAsync(HttpClient http, string path, object body)
    {
        using HttpResponseMessage response = await http.PostAsJsonAsync(path, body, TestContext.Current.CancellationToken);
        string text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(response.IsSuccessStatusCode, text);
        return JsonDocument.Parse(text).RootElement;
    }
}
