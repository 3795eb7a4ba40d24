using System.Security.Claims;
using System.Security.Cryptography;
using System.Text.Json;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Turnpike.Contracts.V1;

namespace Turnpike.ControlPlane.Tests.Authorization;

/// <summary>Callers that an OpenID Connect issuer on loopback vouches for.</summary>
public sealed class JwtTests : IAsyncLifetime
{
    private readonly RsaSecurityKey _key = new(RSA.Create(2048)) { KeyId = "one" };
    private readonly RsaSecurityKey _stranger = new(RSA.Create(2048)) { KeyId = "one" };
    private WebApplication? _issuer;
    private TestControlPlane? _plane;
    private string _url = "";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        _issuer = builder.Build();
        _issuer.Urls.Add("http://127.0.0.1:0");
        _issuer.MapGet("/.well-known/openid-configuration", () => Results.Json(new Dictionary<string, object>
        {
            ["issuer"] = _url,
            ["jwks_uri"] = $"{_url}/keys",
        }));
        JsonWebKey key = JsonWebKeyConverter.ConvertFromRSASecurityKey(new RsaSecurityKey(_key.Rsa.ExportParameters(false)) { KeyId = _key.KeyId });
        _issuer.MapGet("/keys", () => Results.Text(
            $$"""{"keys":[{"kty":"RSA","use":"sig","kid":{{JsonSerializer.Serialize(key.Kid)}},"n":"{{key.N}}","e":"{{key.E}}"}]}""", "application/json"));
        await _issuer.StartAsync(Cancellation);
        _url = _issuer.Urls.Single();
        _plane = await TestControlPlane.StartAsync($"--ControlPlane:Jwt:Issuer={_url}", "--ControlPlane:Jwt:Audience=turnpike");
    }

    public async ValueTask DisposeAsync()
    {
        if (_plane is not null)
        {
            await _plane.DisposeAsync();
        }
        if (_issuer is not null)
        {
            await _issuer.DisposeAsync();
        }
        _key.Rsa.Dispose();
        _stranger.Rsa.Dispose();
    }

    [Fact]
    public async Task A_token_of_the_issuer_has_the_role_and_the_realms_that_it_says()
    {
        Assert.Equal(StatusCode.OK, await ListAsync(Token("viewer")));
        Assert.Equal(StatusCode.PermissionDenied, await CreateAsync(Token("viewer"), "shop"));
        Assert.Equal(StatusCode.OK, await CreateAsync(Token("operator"), "shop"));
        Assert.Equal(StatusCode.PermissionDenied, await CreateAsync(Token("operator", realms: "other,another"), "third"));
        Assert.Equal(StatusCode.OK, await CreateAsync(Token("operator", realms: "other,another"), "another"));
    }

    [Fact]
    public async Task A_token_that_is_forged_expired_or_for_others_is_refused()
    {
        Assert.Equal(StatusCode.Unauthenticated, await ListAsync(Token("viewer", key: _stranger)));
        Assert.Equal(StatusCode.Unauthenticated, await ListAsync(Token("viewer", minutes: -2)));
        Assert.Equal(StatusCode.Unauthenticated, await ListAsync(Token("viewer", audience: "others")));
        Assert.Equal(StatusCode.Unauthenticated, await ListAsync(Token("viewer", issuer: "http://127.0.0.1:1")));
        Assert.Equal(StatusCode.Unauthenticated, await ListAsync(Token("emperor")));
        Assert.Equal(StatusCode.Unauthenticated, await ListAsync(Unsigned(Token("viewer"))));
        // An issuer of no realm would be one of all.
        Assert.Equal(StatusCode.Unauthenticated, await ListAsync(Token("issuer")));
    }

    [Fact]
    public async Task What_only_looks_like_a_token_of_the_issuer_changes_nothing()
    {
        string good = Token("operator");
        // The public key is everybody's; taken for a shared secret, it would sign for everybody.
        using HMACSHA256 publicly = new(_key.Rsa.ExportSubjectPublicKeyInfo());
        string[] forged =
        [
            Token("operator", notBefore: 10, minutes: 20),
            Forged(good, """{"alg":"HS256","typ":"JWT","kid":"one"}""", publicly.ComputeHash),
            Forged(good, """{"alg":"HS256","typ":"JWT","kid":"../../../dev/null"}""", new HMACSHA256([0]).ComputeHash),
            Forged(good, """{"alg":"nOnE","typ":"JWT"}""", _ => []),
            Forged(good, """{"alg":"RS256","typ":"JWT","jwk":{"kty":"RSA","n":"AQAB","e":"AQAB"}}""", _ => RandomNumberGenerator.GetBytes(256)),
            // Another's claims under a signature that was good.
            $"{good.Split('.')[0]}.{Token("operator", realms: "x").Split('.')[1]}.{good.Split('.')[2]}",
            good[..^4] + "AAAA",
            good + ".",
            good + "." + good,
            "..",
            "a.b.c",
            "Bearer " + good,
            new string('e', 12_000) + "." + new string('y', 6_000) + ".J",
        ];
        await StoreContent.UnchangedAsync(_plane!, async () =>
        {
            foreach (string token in forged)
            {
                StatusCode code = await CreateAsync(token, "forged");
                // Guessing is slow as well.
                Assert.True(code is StatusCode.Unauthenticated or StatusCode.ResourceExhausted, $"{token}: {code}");
            }
        });
        Assert.Equal(StatusCode.OK, await CreateAsync(good, "real"));
    }

    private static string Forged(string token, string header, Func<byte[], byte[]> sign)
    {
        string content = $"{Base64UrlEncoder.Encode(header)}.{token.Split('.')[1]}";
        return $"{content}.{Base64UrlEncoder.Encode(sign(System.Text.Encoding.ASCII.GetBytes(content)))}";
    }

    private string Token(
        string role, string? realms = null, RsaSecurityKey? key = null, string audience = "turnpike", string? issuer = null, int minutes = 5, int notBefore = -10)
    {
        List<Claim> claims = [new("sub", "somebody"), new("turnpike_role", role)];
        if (realms is not null)
        {
            claims.Add(new Claim("turnpike_realms", realms));
        }
        DateTime now = TimeProvider.System.GetUtcNow().UtcDateTime;
        return new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
        {
            Issuer = issuer ?? _url,
            Audience = audience,
            Subject = new ClaimsIdentity(claims),
            IssuedAt = now.AddMinutes(-10),
            NotBefore = now.AddMinutes(notBefore),
            Expires = now.AddMinutes(minutes),
            SigningCredentials = new SigningCredentials(key ?? _key, SecurityAlgorithms.RsaSha256),
        });
    }

    private static string Unsigned(string token) =>
        $"{Base64UrlEncoder.Encode("""{"alg":"none","typ":"JWT"}""")}.{token.Split('.')[1]}.";

    private Task<StatusCode> ListAsync(string token) => CodeAsync(async () =>
        await _plane!.RealmService(token).ListRealmsAsync(new ListRealmsRequest(), cancellationToken: Cancellation));

    private Task<StatusCode> CreateAsync(string token, string realm) => CodeAsync(async () =>
        await _plane!.RealmService(token).CreateRealmAsync(new CreateRealmRequest { RealmId = realm }, cancellationToken: Cancellation));

    private static async Task<StatusCode> CodeAsync(Func<Task> call)
    {
        try
        {
            await call();
            return StatusCode.OK;
        }
        catch (RpcException problem)
        {
            return problem.StatusCode;
        }
    }
}
