using System.Globalization;
using System.Text.Json;
using Turnpike.ControlPlane.Interop.Fleet;
using Turnpike.ControlPlane.Interop.Kit;
using Turnpike.Interop.Clients;
using Turnpike.Interop.Processes;
using Turnpike.Interop.Servers;

namespace Turnpike.ControlPlane.Interop;

/// <summary>The API through programs that know nothing of it: curl over REST, and buf over reflection.</summary>
[Collection(ThreeEdges.Collection)]
public sealed class CurlTests(ThreeEdges three)
{
    [Fact]
    public async Task Curl_issues_a_credential_that_a_real_edge_takes()
    {
        (int status, JsonElement body) = await CurlAsync("/v1/credentials:issue", "--json", """{"user":"curl","tag":"shell","ttl":"600s"}""");
        Assert.Equal(200, status);
        JsonElement turn = body.GetProperty("iceServers")[1];
        using TurnClient client = await ThreeEdges.AllocateAsync(
            three.Fleet.Edges[0], turn.GetProperty("username").GetString()!, turn.GetProperty("credential").GetString()!);
        await client.RefreshAsync(0);
    }

    [Fact]
    public async Task Curl_asks_as_the_TURN_REST_draft_does_and_a_real_edge_takes_the_answer()
    {
        (int status, JsonElement body) = await CurlAsync($"/turn?service=turn&username=draft&ttl=600&key={ControlPlaneServer.Token}");
        Assert.Equal(200, status);
        Assert.NotEmpty(body.GetProperty("uris").EnumerateArray());
        using TurnClient client = await ThreeEdges.AllocateAsync(
            three.Fleet.Edges[1], body.GetProperty("username").GetString()!, body.GetProperty("password").GetString()!);
        await client.RefreshAsync(0);
    }

    [Fact]
    public async Task Curl_makes_changes_and_deletes_a_realm_and_reads_the_fleet()
    {
        Assert.Equal(200, (await CurlAsync("/v1/realms?realm_id=curl", "--json", """{"policy":{"allocationsPerUser":3}}""")).Status);
        (int status, JsonElement realm) = await CurlAsync("/v1/realms/curl?updateMask=policy.allocationsPerUser", "-X", "PATCH", "--json", """{"policy":{"allocationsPerUser":4}}""");
        Assert.Equal((200, 4), (status, realm.GetProperty("policy").GetProperty("allocationsPerUser").GetInt32()));
        Assert.Equal(409, (await CurlAsync("/v1/realms?realm_id=curl", "--json", "{}")).Status);
        Assert.Equal(200, (await CurlAsync("/v1/realms/curl", "-X", "DELETE")).Status);
        Assert.Equal(404, (await CurlAsync("/v1/realms/curl")).Status);

        (status, JsonElement edges) = await CurlAsync("/v1/edges");
        Assert.Equal((200, 3), (status, edges.GetProperty("edges").GetArrayLength()));
        Assert.Equal(200, (await CurlAsync("/v1/edges/-/allocations?pageSize=5")).Status);
        Assert.Equal(200, (await CurlAsync($"/v1/realms/{ServerSettings.Realm}/usage?bucket=USAGE_BUCKET_MINUTE")).Status);
    }

    [Theory]
    [InlineData(400, "/v1/credentials:issue", "--json", """{"ports":[0]}""")]
    [InlineData(400, "/v1/credentials:issue", "--json", "{")]
    [InlineData(401, "/v1/edges", "-H", "Authorization: Bearer wrong")]
    [InlineData(404, "/v1/realms/nowhere")]
    [InlineData(400, "/v1/edges/a%20b/allocations")]
    public async Task An_error_is_one_clear_answer(int expected, string path, params string[] arguments)
    {
        (int status, JsonElement body) = await CurlAsync(path, arguments);
        Assert.Equal(expected, status);
        Assert.NotEmpty(body.GetProperty("message").GetString()!);
    }

    [Fact]
    public async Task Buf_finds_the_services_by_reflection_and_calls_one()
    {
        (int exitCode, string services) = await BufAsync("--list-services", $"{three.Plane.Grpc}");
        Assert.True(exitCode == 0, services);
        foreach (string service in (string[])["CredentialService", "RealmService", "UsageService", "FleetService"])
        {
            Assert.Contains($"turnpike.v1.{service}", services, StringComparison.Ordinal);
        }

        (exitCode, string answer) = await BufAsync("-d", """{"user":"buf"}""", $"{three.Plane.Grpc}turnpike.v1.CredentialService/IssueCredential");
        Assert.True(exitCode == 0, answer);
        JsonElement turn = JsonElement.Parse(answer).GetProperty("iceServers")[1];
        using TurnClient client = await ThreeEdges.AllocateAsync(
            three.Fleet.Edges[2], turn.GetProperty("username").GetString()!, turn.GetProperty("credential").GetString()!);
        await client.RefreshAsync(0);

        (exitCode, string refused) = await BufAsync("-d", """{"name":"realms/nowhere"}""", $"{three.Plane.Grpc}turnpike.v1.RealmService/GetRealm");
        Assert.NotEqual(0, exitCode);
        Assert.Contains("not_found", refused, StringComparison.Ordinal);
        Assert.Contains("There is no realm realms/nowhere.", refused, StringComparison.Ordinal);
    }

    private async Task<(int Status, JsonElement Body)> CurlAsync(string path, params string[] arguments)
    {
        string[] token = arguments.Contains("-H") || path.StartsWith("/turn?", StringComparison.Ordinal) ? [] : ["-H", $"Authorization: Bearer {ControlPlaneServer.Token}"];
        (int exitCode, string output) = await Command.RunAsync(
            "curl", ["-sS", "--path-as-is", "-w", "\n%{http_code}", .. token, .. arguments, $"{three.Plane.Http}".TrimEnd('/') + path]);
        Assert.True(exitCode == 0, output);
        int last = output.LastIndexOf('\n');
        return (int.Parse(output.AsSpan(last + 1), NumberStyles.None, CultureInfo.InvariantCulture), JsonElement.Parse(output[..last]));
    }

    private static Task<(int ExitCode, string Output)> BufAsync(params string[] arguments)
    {
        Assert.True(File.Exists(Repository.Buf), $"{Repository.Buf} is missing: run `make tools` first");
        string header = $"authorization: Bearer {ControlPlaneServer.Token}";
        return Command.RunAsync(Repository.Buf, ["curl", "--http2-prior-knowledge", "--protocol", "grpc", "-H", header, "--reflect-header", header, .. arguments]);
    }
}
