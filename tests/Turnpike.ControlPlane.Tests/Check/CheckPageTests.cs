using System.Net;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using Turnpike.ControlPlane.Check;

namespace Turnpike.ControlPlane.Tests.Check;

public sealed partial class CheckPageTests : ControlPlaneTest
{
    [Fact]
    public async Task The_page_is_there_for_anybody_and_runs_nothing_but_its_own()
    {
        using HttpResponseMessage page = await GetAsync("/check");

        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        Assert.Equal("text/html; charset=utf-8", page.Content.Headers.ContentType?.ToString());
        string policy = page.Headers.GetValues("Content-Security-Policy").Single();
        Assert.StartsWith("default-src 'none'; script-src 'self';", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        string html = await page.Content.ReadAsStringAsync(Cancellation);
        Assert.DoesNotMatch(InlineCode(), html);
    }

    [Fact]
    public async Task Every_part_has_its_type_its_tag_and_the_same_strict_headers()
    {
        foreach (string part in CheckAssets.Load().Names)
        {
            using HttpResponseMessage answer = await GetAsync($"/check/{part}");

            Assert.True(answer.StatusCode == HttpStatusCode.OK, part);
            string expected = Path.GetExtension(part) switch { ".js" => "text/javascript", ".css" => "text/css", ".svg" => "image/svg+xml", _ => "text/html" };
            Assert.Equal(expected, answer.Content.Headers.ContentType?.MediaType);
            Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
            Assert.Equal("no-referrer", answer.Headers.GetValues("Referrer-Policy").Single());
            Assert.Contains("frame-ancestors 'none'", answer.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
            Assert.True(answer.Headers.CacheControl?.NoCache, part);
            Assert.NotNull(answer.Headers.ETag);
        }
    }

    [Fact]
    public async Task What_a_browser_has_already_is_not_sent_again()
    {
        using HttpResponseMessage first = await GetAsync("/check/app.js");
        using HttpResponseMessage again = await GetAsync("/check/app.js", first.Headers.ETag);
        using HttpResponseMessage other = await GetAsync("/check/app.js", new EntityTagHeaderValue("\"of-another-version\""));

        Assert.Equal(HttpStatusCode.NotModified, again.StatusCode);
        Assert.Empty(await again.Content.ReadAsByteArrayAsync(Cancellation));
        Assert.Equal(first.Headers.ETag, again.Headers.ETag);
        Assert.True(again.Headers.Contains("Content-Security-Policy"));
        Assert.Equal(HttpStatusCode.OK, other.StatusCode);
    }

    [Fact]
    public async Task Everything_that_the_parts_name_is_there_and_nothing_is_elsewhere()
    {
        CheckAssets assets = CheckAssets.Load();
        foreach (string part in assets.Names)
        {
            string text = System.Text.Encoding.UTF8.GetString(assets.Find(part)!.Body);
            foreach (Match named in Named().Matches(text))
            {
                Assert.True(assets.Find(named.Groups[1].Value) is not null, $"{part} names {named.Value}");
            }
            Assert.DoesNotMatch(Elsewhere(), text.Replace("http://www.w3.org/2000/svg", "", StringComparison.Ordinal));
        }
        Assert.Contains("ticker.js", assets.Names);
    }

    [Theory]
    [InlineData("/check/missing.js")]
    [InlineData("/check/..%2Fappsettings.json")]
    [InlineData("/check/APP.JS")]
    [InlineData("/check/page/app.js")]
    public async Task What_is_no_part_of_the_page_is_not_found(string path)
    {
        using HttpResponseMessage answer = await GetAsync(path);

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    [Fact]
    public async Task The_page_with_a_slash_behind_leads_to_the_one_without()
    {
        using HttpResponseMessage answer = await GetAsync("/check/?seconds=2");

        Assert.Equal(HttpStatusCode.PermanentRedirect, answer.StatusCode);
        Assert.Equal("../check?seconds=2", answer.Headers.Location?.OriginalString);
    }

    [Fact]
    public async Task A_HEAD_has_the_headers_and_a_POST_is_refused()
    {
        using HttpClient client = Plane.Rest(null);
        using HttpRequestMessage head = new(HttpMethod.Head, "/check");
        using HttpResponseMessage answer = await client.SendAsync(head, Cancellation);
        using HttpResponseMessage post = await client.PostAsync(new Uri("/check", UriKind.Relative), null, Cancellation);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.NotNull(answer.Headers.ETag);
        Assert.Empty(await answer.Content.ReadAsByteArrayAsync(Cancellation));
        Assert.Equal(HttpStatusCode.MethodNotAllowed, post.StatusCode);
    }

    private async Task<HttpResponseMessage> GetAsync(string path, EntityTagHeaderValue? known = null)
    {
        using SocketsHttpHandler handler = new() { AllowAutoRedirect = false };
        using HttpClient client = new(handler) { BaseAddress = Plane.Http };
        using HttpRequestMessage request = new(HttpMethod.Get, path);
        if (known is not null)
        {
            request.Headers.IfNoneMatch.Add(known);
        }
        return await client.SendAsync(request, Cancellation);
    }

    // A script that is not a file, a style in an attribute, a handler in an attribute.
    [GeneratedRegex(@"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=", RegexOptions.IgnoreCase)]
    private static partial Regex InlineCode();

    [GeneratedRegex(@"(?:from '\./|import '\./|new URL\('|(?:href|src)=""check/)([\w.-]+)")]
    private static partial Regex Named();

    [GeneratedRegex(@"https?://|//[a-z]+\.|@import|\burl\(")]
    private static partial Regex Elsewhere();
}
