using System.Net;
using System.Threading.RateLimiting;
using Turnpike.ControlPlane.Calls;
using Turnpike.ControlPlane.Options;

namespace Turnpike.ControlPlane.Authorization;

/// <summary>
/// Finds out who calls, from an HTTP request: gRPC, gRPC-Web and REST alike. Guessing is slow: an address that fails ten times in a
/// second waits.
/// </summary>
public sealed class CallerResolver(ControlPlaneSettings settings, JwtCallers jwt) : IDisposable
{
    private const int FailuresPerSecond = 10;
    private const string Scheme = "Bearer ";

    private readonly PartitionedRateLimiter<IPAddress> _failures = PartitionedRateLimiter.Create<IPAddress, IPAddress>(source =>
        RateLimitPartition.GetTokenBucketLimiter(source, _ => new TokenBucketRateLimiterOptions
        {
            TokenLimit = FailuresPerSecond,
            TokensPerPeriod = FailuresPerSecond,
            ReplenishmentPeriod = TimeSpan.FromSeconds(1),
            AutoReplenishment = true,
            QueueLimit = 0,
        }));

    private readonly PartitionedRateLimiter<(string, IPAddress)> _browsers = PartitionedRateLimiter.Create<(string, IPAddress), (string, IPAddress)>(key =>
        RateLimitPartition.GetTokenBucketLimiter(key, _ => new TokenBucketRateLimiterOptions
        {
            TokenLimit = settings.Options.BrowserKeyCallsPerMinute,
            TokensPerPeriod = settings.Options.BrowserKeyCallsPerMinute,
            ReplenishmentPeriod = TimeSpan.FromMinutes(1),
            AutoReplenishment = true,
            QueueLimit = 0,
        }));

    /// <summary>Who calls.</summary>
    /// <param name="context">The request.</param>
    /// <param name="key">A token or browser key that came another way than by a header; null when none did.</param>
    /// <exception cref="Grpc.Core.RpcException">UNAUTHENTICATED, PERMISSION_DENIED or RESOURCE_EXHAUSTED.</exception>
    public async Task<Caller> ResolveAsync(HttpContext context, string? key = null)
    {
        IPAddress source = Source(context);
        string header = context.Request.Headers.Authorization.ToString();
        string? token = key ?? (header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? header[Scheme.Length..].Trim() : null);
        if (token is { Length: > 0 })
        {
            if (settings.Access.FindToken(token) is { } caller)
            {
                return caller;
            }
            if (settings.Access.FindBrowserKey(token) is { } entry)
            {
                return FromBrowser(context, entry, source);
            }
            if (await jwt.FindAsync(token, context.RequestAborted) is { } bearer)
            {
                return bearer;
            }
            throw Refuse(source, "The token is not known, or has expired.");
        }
        if (context.Connection.ClientCertificate is { } certificate)
        {
            return settings.Access.FindCertificate(certificate.RawData) ?? throw Refuse(source, "The client certificate is not known.");
        }
        throw Refuse(source, "Send a token: Authorization: Bearer TOKEN.");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _failures.Dispose();
        _browsers.Dispose();
    }

    private Caller FromBrowser(HttpContext context, AccessEntry entry, IPAddress source)
    {
        string origin = context.Request.Headers.Origin.ToString();
        if (!entry.Origins.Contains(origin, StringComparer.OrdinalIgnoreCase))
        {
            throw Problems.Denied(origin.Length == 0
                ? "This key works from web pages only; their requests carry an Origin."
                : $"This key does not work from {origin}.");
        }
        using RateLimitLease lease = _browsers.AttemptAcquire((entry.Caller.Name, source));
        return lease.IsAcquired ? entry.Caller : throw Problems.Exhausted(Limit.BrowserKeyCalls, "Too many calls with this key from this address.", TimeSpan.FromMinutes(1));
    }

    private Grpc.Core.RpcException Refuse(IPAddress source, string why)
    {
        using RateLimitLease lease = _failures.AttemptAcquire(source);
        return lease.IsAcquired
            ? Problems.Unauthenticated(why)
            : Problems.Exhausted(Limit.FailedCalls, "Too many failed calls from this address.", TimeSpan.FromSeconds(1));
    }

    // A host of IPv6 has a /64 of addresses to call from.
    private static IPAddress Source(HttpContext context)
    {
        IPAddress address = context.Connection.RemoteIpAddress ?? IPAddress.None;
        if (address.IsIPv4MappedToIPv6)
        {
            return address.MapToIPv4();
        }
        if (address.AddressFamily != System.Net.Sockets.AddressFamily.InterNetworkV6)
        {
            return address;
        }
        byte[] bytes = address.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return new IPAddress(bytes);
    }
}
