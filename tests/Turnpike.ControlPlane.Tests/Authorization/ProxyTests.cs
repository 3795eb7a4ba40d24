using System.Net;
using System.Text;

namespace Turnpike.ControlPlane.Tests.Authorization;

/// <summary>Limits by address, where every call comes through a proxy.</summary>
public sealed class ProxyTests : IAsyncLifetime
{
    private const string OneCallAMinute = "--ControlPlane:BrowserKeyCallsPerMinute=1";
    private Turnpike.Stores.RedisServer? _redis;

    public async ValueTask InitializeAsync() => _redis = await Turnpike.Stores.RedisServer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        if (_redis is not null)
        {
            await _redis.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_trusted_proxy_says_whose_call_it_is()
    {
        await using TestControlPlane plane = await TestControlPlane.StartAsync(_redis!, [OneCallAMinute, "--ControlPlane:TrustedProxies:0=127.0.0.0/8"]);
        Assert.NotEqual(HttpStatusCode.TooManyRequests, await IssueAsync(plane, "192.0.2.1"));
        Assert.NotEqual(HttpStatusCode.TooManyRequests, await IssueAsync(plane, "192.0.2.2"));
        Assert.Equal(HttpStatusCode.TooManyRequests, await IssueAsync(plane, "192.0.2.1"));
        // What stands in front of the address that the proxy itself saw is the caller's own invention.
        Assert.Equal(HttpStatusCode.TooManyRequests, await IssueAsync(plane, "192.0.2.9, 192.0.2.1"));
    }

    [Fact]
    public async Task Nobody_else_does()
    {
        await using TestControlPlane plane = await TestControlPlane.StartAsync(_redis!, [OneCallAMinute, "--ControlPlane:TrustedProxies:0=10.0.0.0/8"]);
        Assert.NotEqual(HttpStatusCode.TooManyRequests, await IssueAsync(plane, "192.0.2.1"));
        Assert.Equal(HttpStatusCode.TooManyRequests, await IssueAsync(plane, "192.0.2.2"));
    }

    private static async Task<HttpStatusCode> IssueAsync(TestControlPlane plane, string forwardedFor)
    {
        using HttpClient page = plane.Rest(Tokens.Browser);
        page.DefaultRequestHeaders.Add("Origin", Tokens.Origin);
        page.DefaultRequestHeaders.Add("X-Forwarded-For", forwardedFor);
        using StringContent body = new("{}", Encoding.UTF8, "application/json");
        using HttpResponseMessage answer = await page.PostAsync(new Uri("/v1/credentials:issue", UriKind.Relative), body, TestContext.Current.CancellationToken);
        return answer.StatusCode;
    }
}
