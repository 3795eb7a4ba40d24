using System.Security.Claims;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;
using Turnpike.ControlPlane.Options;

namespace Turnpike.ControlPlane.Authorization;

/// <summary>Callers that bring a JSON Web Token (RFC 7519) of the configured issuer; its keys come from OpenID Connect discovery.</summary>
public sealed partial class JwtCallers(ControlPlaneSettings settings, ILogger<JwtCallers> logger)
{
    // What a peer's clock may be off; longer would lengthen the life of every token.
    private static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(30);

    private readonly JwtOptions _options = settings.Options.Jwt;
    private readonly JsonWebTokenHandler _handler = new();
    private readonly ConfigurationManager<OpenIdConnectConfiguration>? _issuer = Issuer(settings.Options.Jwt);

    /// <summary>The caller of a token; null when it is none of the issuer's, or not valid now.</summary>
    public async Task<Caller?> FindAsync(string token, CancellationToken cancellation)
    {
        if (_issuer is null || !_handler.CanReadToken(token))
        {
            return null;
        }
        TokenValidationResult result = await ValidateAsync(token, cancellation);
        if (!result.IsValid && result.Exception is SecurityTokenSignatureKeyNotFoundException)
        {
            // The issuer may have rotated its keys; the manager itself limits how often it looks.
            _issuer.RequestRefresh();
            result = await ValidateAsync(token, cancellation);
        }
        return result.IsValid ? Read(result.ClaimsIdentity) : null;
    }

    private async Task<TokenValidationResult> ValidateAsync(string token, CancellationToken cancellation)
    {
        OpenIdConnectConfiguration configuration;
        try
        {
            configuration = await _issuer!.GetConfigurationAsync(cancellation);
        }
        catch (InvalidOperationException problem)
        {
            LogDiscovery(logger, problem.Message);
            return new TokenValidationResult { IsValid = false, Exception = problem };
        }
        return await _handler.ValidateTokenAsync(token, new TokenValidationParameters
        {
            ValidIssuer = configuration.Issuer,
            ValidAudience = _options.Audience,
            IssuerSigningKeys = configuration.SigningKeys,
            RequireSignedTokens = true,
            RequireExpirationTime = true,
            ValidateLifetime = true,
            ClockSkew = ClockSkew,
        });
    }

    private Caller? Read(ClaimsIdentity identity)
    {
        Role? role = identity.FindFirst(_options.RoleClaim)?.Value switch
        {
            "issuer" => Role.Issuer,
            "viewer" => Role.Viewer,
            "operator" => Role.Operator,
            _ => null,
        };
        string[] realms = [.. identity.FindAll(_options.RealmsClaim).SelectMany(claim => claim.Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))];
        string? subject = identity.FindFirst(JwtRegisteredClaimNames.Sub)?.Value;
        // An issuer without realms would be one of all realms.
        return role is { } known && subject is { Length: > 0 and <= 256 } && !subject.Any(char.IsControl) && !(known == Role.Issuer && realms.Length == 0)
            ? new Caller(subject, CallerKind.Jwt, known, realms)
            : null;
    }

    private static ConfigurationManager<OpenIdConnectConfiguration>? Issuer(JwtOptions options) => options.Issuer.Length == 0
        ? null
        : new ConfigurationManager<OpenIdConnectConfiguration>(
            options.Issuer.TrimEnd('/') + "/.well-known/openid-configuration",
            new OpenIdConnectConfigurationRetriever(),
            new HttpDocumentRetriever { RequireHttps = !new Uri(options.Issuer).IsLoopback });

    [LoggerMessage(EventId = 3002, Level = LogLevel.Warning, Message = "The keys of the token issuer cannot be read: {Problem}")]
    private static partial void LogDiscovery(ILogger logger, string problem);
}
