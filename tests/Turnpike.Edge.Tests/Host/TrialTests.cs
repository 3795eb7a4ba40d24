using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Turnpike.Edge.Options;
using Turnpike.Edge.Trial;
using Turnpike.ServiceDefaults.Settings;

namespace Turnpike.Edge.Tests.Host;

public sealed class TrialTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);

    [Fact]
    public void The_trial_listens_on_loopback_opens_loopback_peers_and_makes_a_secret()
    {
        EdgeSettings settings = Trial();
        Assert.Equal(IPEndPoint.Parse("127.0.0.1:3478"), Assert.Single(settings.Listeners).Endpoint);
        Assert.Equal(IPEndPoint.Parse("127.0.0.1:9641"), settings.Management);
        Assert.Equal([IPNetwork.Parse("127.0.0.0/8"), IPNetwork.Parse("::1/128")], settings.Peers.AllowPrivate);
        Assert.Equal(48, Assert.Single(settings.Secrets).Length);
        Assert.NotEqual(settings.Secrets[0], Trial().Secrets[0]);
    }

    [Fact]
    public void The_trial_keeps_what_is_set()
    {
        EdgeSettings settings = Trial(
            ("Edge:Listeners:0", "udp://[::1]:5000"), ("Edge:Management", "http://127.0.0.1:5001"),
            ("Edge:Secrets:0", Reading.Secret), ("Edge:Peers:AllowPrivate:0", "10.0.0.0/8"), ("Edge:Peers:AllowPrivate:1", "127.0.0.0/8"));
        Assert.Equal(IPEndPoint.Parse("[::1]:5000"), Assert.Single(settings.Listeners).Endpoint);
        Assert.Equal(5001, settings.Management.Port);
        Assert.Equal(Reading.Secret, Encoding.UTF8.GetString(Assert.Single(settings.Secrets)));
        Assert.Equal(3, settings.Peers.AllowPrivate.Count);
    }

    [Theory]
    [InlineData("udp://0.0.0.0:3478")]
    [InlineData("udp://[::]:3478")]
    [InlineData("udp://192.0.2.1:3478")]
    public void The_trial_refuses_a_listener_that_others_reach(string listener) =>
        Assert.Contains("Edge:Trial", Assert.Single(Reading.Bad(("Edge:Trial", "true"), ("Edge:Listeners:0", listener))), StringComparison.Ordinal);

    [Fact]
    public void The_credential_is_valid_for_a_day_and_proved_by_the_secret()
    {
        TrialCredential credential = TrialCredential.Create(Encoding.UTF8.GetBytes(Reading.Secret), ':', Now);
        Assert.Equal($"{1_800_000_000 + (24 * 3600)}:trial", credential.Username);
        byte[] expected = HMACSHA1.HashData(Encoding.UTF8.GetBytes(Reading.Secret), Encoding.UTF8.GetBytes(credential.Username));
        Assert.Equal(expected, Convert.FromBase64String(credential.Password));
    }

    [Fact]
    public void The_screen_has_everything_that_a_first_try_needs()
    {
        TrialCredential credential = TrialCredential.Create(Encoding.UTF8.GetBytes(Reading.Secret), ':', Now);
        string screen = TrialScreen.Write(
            ["turn:127.0.0.1:3478?transport=udp", "turn:[::1]:3478?transport=udp"], credential, "http://127.0.0.1:9641", "0.1.0");
        Assert.Contains("http://127.0.0.1:9641/health/ready", screen, StringComparison.Ordinal);
        Assert.Contains("http://127.0.0.1:9641/metrics", screen, StringComparison.Ordinal);
        Assert.Contains($"-u '{credential.Username}' -w '{credential.Password}' -p 3478 127.0.0.1", screen, StringComparison.Ordinal);
        Assert.Contains("NOT FOR PRODUCTION", screen, StringComparison.Ordinal);
        Assert.Contains("127.0.0.0/8 and ::1", screen, StringComparison.Ordinal);
        Assert.Contains("trickle-ice", screen, StringComparison.Ordinal);
        Assert.True(screen.Split('\n').Length <= 50, "more than one screen");
    }

    [Fact]
    public void The_snippet_is_json_that_a_browser_takes()
    {
        TrialCredential credential = TrialCredential.Create("+/secret"u8.ToArray(), ':', Now);
        string screen = TrialScreen.Write(["turn:127.0.0.1:3478?transport=udp"], credential, "http://127.0.0.1:9641", "0.1.0");
        int open = screen.IndexOf("RTCPeerConnection(", StringComparison.Ordinal) + "RTCPeerConnection(".Length;
        using JsonDocument json = JsonDocument.Parse(screen[open..screen.IndexOf(");", open, StringComparison.Ordinal)]);
        JsonElement server = json.RootElement.GetProperty("iceServers")[0];
        Assert.Equal("turn:127.0.0.1:3478?transport=udp", server.GetProperty("urls")[0].GetString());
        Assert.Equal(credential.Username, server.GetProperty("username").GetString());
        Assert.Equal(credential.Password, server.GetProperty("credential").GetString());
        Assert.Equal(credential.Username.Split(':')[0], (Now.ToUnixTimeSeconds() + 86_400).ToString(CultureInfo.InvariantCulture));
    }

    private static EdgeSettings Trial(params (string, string?)[] pairs)
    {
        SettingsReading reading = Reading.Bind([("Edge:Trial", "true"), .. pairs]);
        EdgeSettings? settings = EdgeSettingsReader.Read(reading);
        Assert.Empty(reading.Problems);
        return settings!;
    }
}
