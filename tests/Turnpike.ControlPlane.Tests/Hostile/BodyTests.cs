using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Turnpike.Contracts.V1;

namespace Turnpike.ControlPlane.Tests.Hostile;

/// <summary>Bodies that are too large, or none of the message that they should be.</summary>
public sealed class BodyTests : ControlPlaneTest
{
    private const string CreateRealm = "/turnpike.v1.RealmService/CreateRealm";
    private const int TenMegabytes = 10_000_000;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        await Until.TrueAsync("the default realm", async () => await Plane.Realms.GetAsync("turnpike") is not null);
    }

    [Fact]
    public async Task Ten_megabytes_over_gRPC_are_refused_and_the_connection_goes_on() => await StoreContent.UnchangedAsync(Plane, async () =>
    {
        RpcException problem = await Refused.WithAsync(StatusCode.ResourceExhausted, async () =>
            await Plane.RealmService().CreateRealmAsync(new CreateRealmRequest { RealmId = new string('x', TenMegabytes) }));
        Assert.Contains("size", problem.Status.Detail, StringComparison.OrdinalIgnoreCase);
        await Plane.RealmService().ListRealmsAsync(new ListRealmsRequest(), cancellationToken: Cancellation);
    });

    [Fact]
    public async Task Ten_megabytes_over_REST_are_refused_on_every_path_that_takes_a_body() => await StoreContent.UnchangedAsync(Plane, async () =>
    {
        string large = new('x', TenMegabytes);
        string policy = """{"policy":{"peers":{"allow":["LARGE"]}}}""".Replace("LARGE", large, StringComparison.Ordinal);
        foreach ((HttpMethod method, string path, string body) in ((HttpMethod, string, string)[])
        [
            (HttpMethod.Post, "/v1/realms?realm_id=shop", policy),
            (HttpMethod.Patch, "/v1/realms/turnpike", policy),
            (HttpMethod.Put, "/v1/realms/turnpike/users/alice", $$"""{"password":"{{large}}"}"""),
            (HttpMethod.Post, "/v1/credentials:revoke", $$"""{"user":"{{large}}"}"""),
        ])
        {
            using HttpClient client = Plane.Rest();
            using HttpRequestMessage request = new(method, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
            request.Headers.ExpectContinue = true;
            using HttpResponseMessage answer = await client.SendAsync(request, Cancellation);
            Assert.True(answer.StatusCode is HttpStatusCode.RequestEntityTooLarge or HttpStatusCode.BadRequest or HttpStatusCode.TooManyRequests, $"{path}: {answer.StatusCode}");
        }
    });

    [Theory]
    [InlineData("0aff")] // a string that is longer than the message
    [InlineData("0a0561")]
    [InlineData("0a02c328")] // not UTF-8
    [InlineData("ffffffffffffffffffff01")] // a tag that never ends
    [InlineData("07")] // a wire type that there is not
    [InlineData("0b0b0b0b0b0b0b0b")] // groups in groups
    public async Task Bytes_that_are_no_message_are_one_clear_error(string hexadecimal) => await StoreContent.UnchangedAsync(Plane, async () =>
    {
        (HttpStatusCode status, string code, string message) = await SendAsync(Frame(Convert.FromHexString(hexadecimal)));
        Assert.Equal((HttpStatusCode.OK, "3", "The bytes are no message that this method takes."), (status, code, message));
        // Nobody fills the log with it.
        Assert.DoesNotContain(Plane.Log.Lines, line => line.Level >= LogLevel.Error);
    });

    [Fact]
    public async Task Hundreds_of_random_bodies_write_nothing_and_the_process_goes_on() => await StoreContent.UnchangedAsync(Plane, async () =>
    {
        byte[] good = new CreateRealmRequest { RealmId = "a b" }.ToByteArray();
        for (int i = 0; i < 300; i++)
        {
            byte[] body = i % 3 == 0 ? [.. good.AsSpan(0, i % good.Length), .. RandomNumberGenerator.GetBytes(i % 40)] : RandomNumberGenerator.GetBytes(i % 200);
            // As a message, and as what should be a frame around one.
            (_, string code, _) = await SendAsync(i % 2 == 0 ? Frame(body) : [.. body, 0]);
            Assert.NotEqual("0", code);
        }
        await Plane.RealmService().ListRealmsAsync(new ListRealmsRequest(), cancellationToken: Cancellation);
    });

    [Theory]
    [InlineData("PUT", "/v1/realms/turnpike/users/alice", "{\"password\":")]
    [InlineData("PUT", "/v1/realms/turnpike/users/alice", "{\"password\":1}")]
    [InlineData("PUT", "/v1/realms/turnpike/users/alice", "{\"password\":\"p\",\"password\"")]
    [InlineData("PATCH", "/v1/realms/turnpike", "{\"policy\":[]}")]
    [InlineData("PATCH", "/v1/realms/turnpike", "{\"policy\":{\"allocationsPerUser\":1e99}}")]
    [InlineData("POST", "/v1/realms?realm_id=shop", "{\"policy\":{\"maxCredentialLifetime\":\"1 day\"}}")]
    [InlineData("POST", "/v1/credentials:revoke", "{\"user\":\"a\",\"tag\":\"b\"}")]
    [InlineData("POST", "/v1/realms/turnpike/secrets", "\u0000")]
    public async Task JSON_that_is_none_of_the_message_is_one_clear_error(string method, string path, string body) => await StoreContent.UnchangedAsync(Plane, async () =>
    {
        using HttpClient client = Plane.Rest();
        using HttpRequestMessage request = new(new HttpMethod(method), path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        using HttpResponseMessage answer = await client.SendAsync(request, Cancellation);
        string text = await answer.Content.ReadAsStringAsync(Cancellation);
        Assert.True(answer.StatusCode == HttpStatusCode.BadRequest, text);
        Assert.NotEmpty(JsonElement.Parse(text).GetProperty("message").GetString()!);
        Assert.DoesNotContain("   at ", text, StringComparison.Ordinal);
    });

    [Fact]
    public async Task Objects_in_objects_a_hundred_thousand_deep_are_refused() => await StoreContent.UnchangedAsync(Plane, async () =>
    {
        using HttpClient client = Plane.Rest();
        string deep = string.Concat(Enumerable.Repeat("{\"policy\":", 100_000));
        using StringContent body = new(deep, Encoding.UTF8, "application/json");
        using HttpResponseMessage answer = await client.PostAsync(new Uri("/v1/realms?realm_id=shop", UriKind.Relative), body, Cancellation);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    });

    private static byte[] Frame(byte[] message)
    {
        byte[] frame = new byte[message.Length + 5];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), message.Length);
        message.CopyTo(frame, 5);
        return frame;
    }

    private async Task<(HttpStatusCode Status, string Code, string Message)> SendAsync(byte[] body)
    {
        using HttpClient client = new() { DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using HttpRequestMessage request = new(HttpMethod.Post, new Uri(Plane.Grpc, CreateRealm)) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Tokens.Operator);
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        request.Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/grpc") } };
        using HttpResponseMessage answer = await client.SendAsync(request, Cancellation);
        await answer.Content.ReadAsByteArrayAsync(Cancellation);
        return (answer.StatusCode, Single("grpc-status"), Uri.UnescapeDataString(Single("grpc-message")));

        string Single(string name) =>
            answer.TrailingHeaders.TryGetValues(name, out IEnumerable<string>? late) ? late.Single()
            : answer.Headers.TryGetValues(name, out IEnumerable<string>? early) ? early.Single() : "";
    }
}
