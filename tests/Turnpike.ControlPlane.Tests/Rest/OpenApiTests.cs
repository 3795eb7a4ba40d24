using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Google.Api;
using Google.Protobuf.Reflection;
using Turnpike.Contracts.V1;

namespace Turnpike.ControlPlane.Tests.Rest;

/// <summary>The OpenAPI document says what the protos say, and its page needs nobody else.</summary>
public sealed partial class OpenApiTests : ControlPlaneTest
{
    [Fact]
    public async Task Every_REST_path_of_the_protos_is_in_the_document()
    {
        JsonElement paths = (await DocumentAsync()).GetProperty("paths");
        HashSet<string> documented = [.. paths.EnumerateObject().SelectMany(path => path.Value.EnumerateObject().Select(verb => $"{verb.Name} {Plain(path.Name)}"))];
        string[] expected = [.. Methods().Select(method => Rule(method.GetOptions().GetExtension(AnnotationsExtensions.Http)))];
        Assert.Equal(33, expected.Length);
        Assert.Empty(expected.Except(documented));
        Assert.Empty(documented.Except(expected));
    }

    [Fact]
    public async Task Operations_and_fields_are_described_by_the_comments_of_the_protos()
    {
        JsonElement document = await DocumentAsync();
        foreach (JsonProperty path in document.GetProperty("paths").EnumerateObject())
        {
            Assert.All(path.Value.EnumerateObject(), verb => Assert.NotEmpty(verb.Value.GetProperty("summary").GetString()!));
        }
        JsonElement request = document.GetProperty("components").GetProperty("schemas").GetProperty("IssueCredentialRequest").GetProperty("properties");
        Assert.Contains("at most 128 bytes", request.GetProperty("user").GetProperty("description").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Parameters_of_paths_and_queries_are_described_by_the_comments_of_the_protos()
    {
        JsonElement paths = (await DocumentAsync()).GetProperty("paths");
        JsonElement[] parameters =
        [
            .. paths.EnumerateObject().SelectMany(path => path.Value.EnumerateObject())
                .Where(verb => verb.Value.TryGetProperty("parameters", out _))
                .SelectMany(verb => verb.Value.GetProperty("parameters").EnumerateArray()),
        ];
        Assert.True(parameters.Length > 20, $"{parameters.Length}");
        Assert.All(parameters, parameter => Assert.False(
            string.IsNullOrEmpty(parameter.TryGetProperty("description", out JsonElement text) ? text.GetString() : null), parameter.ToString()));
        JsonElement[] ofUsers = [.. paths.GetProperty("/v1/realms/{realm}/users").GetProperty("get").GetProperty("parameters").EnumerateArray()];
        Assert.Equal("The realm in `realms/{realm}`", Description(ofUsers, "realm"));
        Assert.StartsWith("About so many", Description(ofUsers, "pageSize"), StringComparison.Ordinal);

        static string Description(JsonElement[] parameters, string name) =>
            parameters.Single(parameter => parameter.GetProperty("name").GetString() == name).GetProperty("description").GetString()!;
    }

    [Fact]
    public async Task Calls_are_made_with_a_bearer_token()
    {
        JsonElement document = await DocumentAsync();
        JsonElement scheme = document.GetProperty("components").GetProperty("securitySchemes").GetProperty("bearer");
        Assert.Equal("http", scheme.GetProperty("type").GetString());
        Assert.Equal("bearer", scheme.GetProperty("scheme").GetString());
        Assert.True(document.GetProperty("security")[0].TryGetProperty("bearer", out _));
    }

    [Fact]
    public async Task The_page_and_all_that_it_loads_come_from_here()
    {
        using HttpClient client = Plane.Rest(token: null);
        string page = await client.GetStringAsync(new Uri("/swagger/index.html", UriKind.Relative), Cancellation);
        string[] loaded = [.. Loaded().Matches(page).Select(match => match.Groups[1].Value)];
        Assert.NotEmpty(loaded);
        foreach (string address in loaded)
        {
            Assert.DoesNotContain("//", address, StringComparison.Ordinal);
            using HttpResponseMessage part = await client.GetAsync(new Uri($"/swagger/{address}", UriKind.Relative), Cancellation);
            Assert.Equal(HttpStatusCode.OK, part.StatusCode);
            Assert.Contains("default-src 'none'", part.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        }
        string start = await client.GetStringAsync(new Uri("/swagger/index.js", UriKind.Relative), Cancellation);
        Assert.Contains("/openapi/v1.json", start, StringComparison.Ordinal);
        Assert.DoesNotContain("validator.swagger.io", start, StringComparison.Ordinal);
    }

    private static IEnumerable<MethodDescriptor> Methods() =>
        new[]
        {
            CredentialServiceReflection.Descriptor, RealmServiceReflection.Descriptor, UsageServiceReflection.Descriptor, FleetServiceReflection.Descriptor,
            WebhookServiceReflection.Descriptor, ScalingServiceReflection.Descriptor,
        }
            .SelectMany(file => file.Services).SelectMany(service => service.Methods);

    private static string Rule(HttpRule rule) => rule.PatternCase switch
    {
        HttpRule.PatternOneofCase.Get => $"get {Plain(rule.Get)}",
        HttpRule.PatternOneofCase.Put => $"put {Plain(rule.Put)}",
        HttpRule.PatternOneofCase.Post => $"post {Plain(rule.Post)}",
        HttpRule.PatternOneofCase.Patch => $"patch {Plain(rule.Patch)}",
        HttpRule.PatternOneofCase.Delete => $"delete {Plain(rule.Delete)}",
        _ => throw new InvalidOperationException($"a method without a path: {rule}"),
    };

    // {name=realms/*/users/*} and realms/{…}/users/{…} are the same path.
    private static string Plain(string path) =>
        Variable().Replace(path, match => match.Groups[1].Success ? match.Groups[1].Value.Replace("*", "{}", StringComparison.Ordinal) : "{}");

    private async Task<JsonElement> DocumentAsync()
    {
        using HttpClient client = Plane.Rest(token: null);
        await using Stream text = await client.GetStreamAsync(new Uri("/openapi/v1.json", UriKind.Relative), Cancellation);
        using JsonDocument document = await JsonDocument.ParseAsync(text, cancellationToken: Cancellation);
        return document.RootElement.Clone();
    }

    [GeneratedRegex(@"\{[^}=]*(?:=([^}]*))?\}")]
    private static partial Regex Variable();

    [GeneratedRegex("""(?:src|href)="([^"]+)["]""")]
    private static partial Regex Loaded();
}
