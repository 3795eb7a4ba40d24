using System.Net;
using System.Text;
using System.Text.Json;
using Turnpike.Cluster;
using Turnpike.Contracts.V1;

namespace Turnpike.ControlPlane.Tests.Rest;

/// <summary>The interface of draft-uberti-behave-turn-rest-00.</summary>
public sealed class TurnRestTests(TurnRestPlane shared) : IClassFixture<TurnRestPlane>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private TestControlPlane Plane => shared.Plane;

    [Fact]
    public async Task The_answer_has_the_four_fields_of_the_draft()
    {
        (HttpStatusCode status, JsonElement body) = await GetAsync($"/turn?service=turn&username=alice&ttl=600&key={Tokens.Issuer}");

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(["password", "ttl", "uris", "username"], body.EnumerateObject().Select(property => property.Name).Order());
        Assert.InRange(body.GetProperty("ttl").GetInt64(), 598, 600);
        Assert.Equal("turn:a.example.com:3478?transport=udp", body.GetProperty("uris")[0].GetString());
        byte[] username = Encoding.UTF8.GetBytes(body.GetProperty("username").GetString()!);
        Assert.True(IssuedUsername.TryParse(username, ':', out IssuedUsername? name));
        Assert.Equal(("alice", "turnpike"), (name.User, name.Realm));
        RealmRecord realm = (await Plane.Realms.GetAsync("turnpike"))!;
        Assert.Equal(IssuedCredential.Password(realm.Secrets[0].Value, username), body.GetProperty("password").GetString());
    }

    [Fact]
    public async Task A_key_of_another_realm_means_its_own_realm()
    {
        await Plane.RealmService().CreateRealmAsync(new CreateRealmRequest { RealmId = "other" }, cancellationToken: Cancellation);

        (HttpStatusCode status, JsonElement body) = await GetAsync($"/turn?service=turn&key={Tokens.OtherIssuer}");

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Contains("~other~", body.GetProperty("username").GetString(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Forbidden, (await GetAsync($"/turn?service=turn&realm=turnpike&key={Tokens.OtherIssuer}")).Status);
    }

    [Theory]
    [InlineData("/turn?service=turn", HttpStatusCode.Unauthorized)]
    [InlineData("/turn?service=turn&key=wrong", HttpStatusCode.Unauthorized)]
    [InlineData($"/turn?service=turn&key={Tokens.Viewer}", HttpStatusCode.Forbidden)]
    [InlineData($"/turn?service=turn&key={Tokens.Browser}", HttpStatusCode.Forbidden)]
    [InlineData($"/turn?key={Tokens.Issuer}", HttpStatusCode.BadRequest)]
    [InlineData($"/turn?service=stun&key={Tokens.Issuer}", HttpStatusCode.BadRequest)]
    [InlineData($"/turn?service=turn&ttl=soon&key={Tokens.Issuer}", HttpStatusCode.BadRequest)]
    [InlineData($"/turn?service=turn&ttl=-1&key={Tokens.Issuer}", HttpStatusCode.BadRequest)]
    [InlineData($"/turn?service=turn&ttl=99999999999999999999&key={Tokens.Issuer}", HttpStatusCode.BadRequest)]
    [InlineData($"/turn?service=turn&username=a%0d%0ab&key={Tokens.Issuer}", HttpStatusCode.BadRequest)]
    [InlineData($"/turn?service=turn&username=a&username=b&key={Tokens.Issuer}", HttpStatusCode.BadRequest)]
    public async Task What_is_wrong_is_refused_with_a_reason(string path, HttpStatusCode expected)
    {
        (HttpStatusCode status, JsonElement body) = await GetAsync(path);

        Assert.Equal(expected, status);
        Assert.NotEmpty(body.GetProperty("error").GetString()!);
    }

    private async Task<(HttpStatusCode Status, JsonElement Body)> GetAsync(string path)
    {
        using HttpClient client = Plane.Rest(null);
        using HttpResponseMessage answer = await client.GetAsync(new Uri(path, UriKind.Relative), Cancellation);
        Assert.Equal("no-store", answer.Headers.CacheControl?.ToString());
        return (answer.StatusCode, JsonElement.Parse(await answer.Content.ReadAsStringAsync(Cancellation)));
    }
}

/// <summary>With an edge to be named; what is asked for changes nothing but who has a credential.</summary>
public sealed class TurnRestPlane : ControlPlaneTest
{
    // The edge says once that it is there.
    protected override string[] Settings => ["--Cluster:MemberExpiry=300"];

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        await Plane.BeatAsync(Make.Edge("a"));
        using HttpClient client = Plane.Rest(null);
        await Until.TrueAsync("a credential", async () =>
        {
            using HttpResponseMessage answer = await client.GetAsync(new Uri($"/turn?service=turn&key={Tokens.Issuer}", UriKind.Relative), Cancellation);
            return answer.IsSuccessStatusCode;
        });
    }
}
