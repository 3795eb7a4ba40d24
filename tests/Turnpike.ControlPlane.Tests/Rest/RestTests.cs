using System.Net;
using System.Text;
using System.Text.Json;

namespace Turnpike.ControlPlane.Tests.Rest;

public sealed class RestTests : ControlPlaneTest
{
    private const string IssuePath = "/v1/credentials:issue";

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        await Plane.BeatAsync(Make.Edge("a"));
        await Until.TrueAsync("a credential", async () => (await PostAsync(IssuePath, "{}")).Status == HttpStatusCode.OK);
    }

    [Fact]
    public async Task Issuing_answers_what_a_browser_takes()
    {
        (HttpStatusCode status, JsonElement body) = await PostAsync(IssuePath, """{"user":"Zoë","ttl":"600s","transports":["TRANSPORT_UDP"]}""");

        Assert.Equal(HttpStatusCode.OK, status);
        JsonElement stun = body.GetProperty("iceServers")[0];
        Assert.Equal("urls", Assert.Single(stun.EnumerateObject()).Name);
        JsonElement turn = body.GetProperty("iceServers")[1];
        Assert.Equal("turn:a.example.com:3478?transport=udp", turn.GetProperty("urls")[0].GetString());
        Assert.NotEmpty(turn.GetProperty("username").GetString()!);
        Assert.NotEmpty(turn.GetProperty("credential").GetString()!);
    }

    [Fact]
    public async Task A_realm_is_made_changed_and_deleted()
    {
        (HttpStatusCode status, JsonElement made) = await PostAsync("/v1/realms?realm_id=shop", """{"policy":{"allocationsPerUser":3}}""");
        Assert.True(status == HttpStatusCode.OK, made.ToString());
        (status, JsonElement changed) = await SendAsync(
            HttpMethod.Patch, "/v1/realms/shop?updateMask=policy.allocationsPerRealm", """{"policy":{"allocationsPerUser":9,"allocationsPerRealm":7}}""");
        Assert.True(status == HttpStatusCode.OK, changed.ToString());
        Assert.Equal((3, 7), (changed.GetProperty("policy").GetProperty("allocationsPerUser").GetInt32(), changed.GetProperty("policy").GetProperty("allocationsPerRealm").GetInt32()));
        (status, JsonElement user) = await SendAsync(HttpMethod.Put, "/v1/realms/turnpike/users/Zo%C3%AB%20%25", """{"password":"p"}""");
        Assert.True(status == HttpStatusCode.OK, user.ToString());
        Assert.NotNull(await Plane.Users.FindAsync("turnpike", "Zoë %"));
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(HttpMethod.Delete, "/v1/realms/shop", null)).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await SendAsync(HttpMethod.Get, "/v1/realms/shop", null)).Status);
    }

    [Fact]
    public async Task An_error_names_the_field()
    {
        (HttpStatusCode status, JsonElement body) = await PostAsync(IssuePath, """{"ports":[70000]}""");

        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Equal(3, body.GetProperty("code").GetInt32());
        Assert.Equal("ports", body.GetProperty("details")[0].GetProperty("fieldViolations")[0].GetProperty("field").GetString());
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("\"text\"")]
    [InlineData("""{"ttl":"soon"}""")]
    [InlineData("""{"ports":"many"}""")]
    [InlineData("""{"user":"\ud800"}""")]
    public async Task A_body_that_cannot_be_read_is_one_clear_error(string body)
    {
        (HttpStatusCode status, JsonElement answer) = await PostAsync(IssuePath, body);

        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.NotEmpty(answer.GetProperty("message").GetString()!);
    }

    [Fact]
    public async Task A_body_of_ten_megabytes_is_refused()
    {
        (HttpStatusCode status, _) = await PostAsync(IssuePath, $$"""{"user":"{{new string('x', 10_000_000)}}"}""");

        Assert.True(status is HttpStatusCode.RequestEntityTooLarge or HttpStatusCode.BadRequest, status.ToString());
        Assert.Equal(HttpStatusCode.OK, (await PostAsync(IssuePath, "{}")).Status);
    }

    [Fact]
    public async Task Without_a_token_nothing_is_answered_but_health()
    {
        using HttpClient nobody = Plane.Rest(null);

        Assert.Equal(HttpStatusCode.Unauthorized, (await nobody.GetAsync(new Uri("/v1/realms", UriKind.Relative), Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await nobody.GetAsync(new Uri("/health/live", UriKind.Relative), Cancellation)).StatusCode);
    }

    [Theory]
    [InlineData(Tokens.Origin, true)]
    [InlineData("https://evil.example.com", false)]
    public async Task A_page_may_issue_when_its_origin_is_in_the_settings(string origin, bool may)
    {
        foreach (string path in (string[])[IssuePath, "/turn"])
        {
            using HttpRequestMessage preflight = new(HttpMethod.Options, path);
            preflight.Headers.Add("Origin", origin);
            preflight.Headers.Add("Access-Control-Request-Method", "POST");
            preflight.Headers.Add("Access-Control-Request-Headers", "authorization,content-type");
            using HttpClient page = Plane.Rest(null);
            using HttpResponseMessage answer = await page.SendAsync(preflight, Cancellation);

            Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
            Assert.Equal(may, answer.Headers.TryGetValues("Access-Control-Allow-Origin", out IEnumerable<string>? allowed) && allowed.Single() == origin);
        }
    }

    [Fact]
    public async Task A_page_issues_with_a_browser_key_and_reads_the_answer()
    {
        using HttpClient page = Plane.Rest(Tokens.Browser);
        page.DefaultRequestHeaders.Add("Origin", Tokens.Origin);
        using StringContent body = new("{}", Encoding.UTF8, "application/json");
        using HttpResponseMessage answer = await page.PostAsync(new Uri(IssuePath, UriKind.Relative), body, Cancellation);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(Tokens.Origin, answer.Headers.GetValues("Access-Control-Allow-Origin").Single());
        using HttpRequestMessage realms = new(HttpMethod.Options, "/v1/realms");
        realms.Headers.Add("Origin", Tokens.Origin);
        realms.Headers.Add("Access-Control-Request-Method", "GET");
        using HttpResponseMessage other = await page.SendAsync(realms, Cancellation);
        Assert.False(other.Headers.Contains("Access-Control-Allow-Origin"));
    }

    private Task<(HttpStatusCode Status, JsonElement Body)> PostAsync(string path, string body) => SendAsync(HttpMethod.Post, path, body);

    private async Task<(HttpStatusCode Status, JsonElement Body)> SendAsync(HttpMethod method, string path, string? body)
    {
        using HttpClient client = Plane.Rest();
        using HttpRequestMessage request = new(method, path);
        // As curl does it with a large body: the server says before it whether it wants it.
        request.Headers.ExpectContinue = body?.Length > 1_000_000;
        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
        using HttpResponseMessage answer = await client.SendAsync(request, Cancellation);
        string text = await answer.Content.ReadAsStringAsync(Cancellation);
        return (answer.StatusCode, text.Length == 0 ? default : JsonElement.Parse(text));
    }
}
