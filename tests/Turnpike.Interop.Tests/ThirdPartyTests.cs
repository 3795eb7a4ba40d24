using System.Security.Cryptography;
using Turnpike.Interop.Clients;
using Turnpike.Interop.Servers;
using Turnpike.Protocol;

namespace Turnpike.Interop;

/// <summary>
/// Third-party authorisation (RFC 7635) with tokens that Debian's turnutils_oauth makes. Its turnutils_uclient -J is no check:
/// of the session key's 20 bytes it uses the first 16 only.
/// </summary>
public sealed class ThirdPartyTests : InteropTest
{
    private const string ServerName = "edge.turnpike.test";

    [Theory(SkipUnless = nameof(Target.IsEdge), SkipType = typeof(Target), Skip = Target.EdgeOnly)]
    [InlineData("A128GCM", 16)]
    [InlineData("A256GCM", 32)]
    public async Task A_token_of_turnutils_oauth_allocates(string algorithm, int keyLength)
    {
        byte[] key = RandomNumberGenerator.GetBytes(keyLength);
        var edge = await StartAsync(("kid1", key));
        var token = await AccessTokens.MakeAsync(ServerName, "kid1", key, algorithm);
        using var client = new TurnClient(edge.EndPoint);

        var challenge = await client.RequestAsync(StunMethod.Allocate, TurnClient.RequestUdp);
        Assert.Equal((StunErrorCode.Unauthorized, ServerName), (challenge.Code, challenge.ThirdParty));
        var allocated = await client.AllocateWithTokenAsync(challenge, token);

        Assert.True(allocated.Succeeded, $"error {allocated.Code}");
        Assert.Equal(edge.EndPoint.Address, allocated.Relayed.ToIPEndPoint().Address);
        Assert.True((await client.RefreshAsync(0)).Succeeded);
    }

    [Fact(SkipUnless = nameof(Target.IsEdge), SkipType = typeof(Target), Skip = Target.EdgeOnly)]
    public async Task A_token_is_refused_under_another_key_for_another_server_and_after_its_time()
    {
        byte[] key = RandomNumberGenerator.GetBytes(32);
        var edge = await StartAsync(("kid1", key), ("kid2", RandomNumberGenerator.GetBytes(32)));

        await AssertRefusedAsync(edge, await AccessTokens.MakeAsync(ServerName, "kid2", key));
        await AssertRefusedAsync(edge, await AccessTokens.MakeAsync("other.turnpike.test", "kid1", key));
        await AssertRefusedAsync(edge, await AccessTokens.MakeAsync(ServerName, "kid1", key, age: TimeSpan.FromHours(2)));
        await AssertRefusedAsync(edge, (await AccessTokens.MakeAsync(ServerName, "kid1", key)) with { MacKey = new byte[20] });
        Assert.Equal(0, (await edge.MetricsAsync()).Value("turnpike_edge_allocations_created_total"));
    }

    private async Task<EdgeServer> StartAsync(params (string Id, byte[] Key)[] keys) =>
        await StartEdgeAsync(
            null,
            [
                ("Edge__ThirdPartyAuthorization__ServerName", ServerName),
                .. keys.Select((k, i) => ($"Edge__ThirdPartyAuthorization__Keys__{i}", $"{k.Id}:{Convert.ToBase64String(k.Key)}")),
            ]);

    private static async Task AssertRefusedAsync(EdgeServer edge, AccessToken token)
    {
        using var client = new TurnClient(edge.EndPoint);
        var challenge = await client.RequestAsync(StunMethod.Allocate, TurnClient.RequestUdp);
        Assert.Equal(StunErrorCode.Unauthorized, (await client.AllocateWithTokenAsync(challenge, token)).Code);
    }
}
