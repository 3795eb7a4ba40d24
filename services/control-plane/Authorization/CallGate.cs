using System.Globalization;
using System.Text;
using System.Threading.RateLimiting;
using Google.Protobuf;
using Grpc.Core;
using Turnpike.Cluster;
using Turnpike.ControlPlane.Calls;
using Turnpike.ControlPlane.Options;

namespace Turnpike.ControlPlane.Authorization;

/// <summary>Lets a call in when its caller may make it, and writes down the ones that change something.</summary>
public sealed partial class CallGate(ControlPlaneSettings settings, CallerResolver resolver, ILogger<CallGate> logger) : IDisposable
{
    private const int LongestInLog = 256;

    private readonly PartitionedRateLimiter<string> _rates = PartitionedRateLimiter.Create<string, string>(caller =>
        settings.Options.CallsPerSecond == 0
            ? RateLimitPartition.GetNoLimiter(caller)
            : RateLimitPartition.GetTokenBucketLimiter(caller, _ => new TokenBucketRateLimiterOptions
            {
                TokenLimit = settings.Options.CallsPerSecond * 2,
                TokensPerPeriod = settings.Options.CallsPerSecond,
                ReplenishmentPeriod = TimeSpan.FromSeconds(1),
                AutoReplenishment = true,
                QueueLimit = 0,
            }));

    /// <summary>Who calls, once it is clear that the call may go on.</summary>
    /// <param name="http">The request.</param>
    /// <param name="method">As gRPC names it.</param>
    /// <param name="policy">What the method needs.</param>
    /// <param name="request">What is asked; null where it comes as a stream.</param>
    /// <param name="key">A token or browser key that came another way than by a header.</param>
    /// <exception cref="RpcException">UNAUTHENTICATED, PERMISSION_DENIED or RESOURCE_EXHAUSTED.</exception>
    public async Task<Caller> AdmitAsync(HttpContext http, string method, MethodPolicy policy, IMessage? request, string? key = null)
    {
        Caller caller = await resolver.ResolveAsync(http, key);
        using RateLimitLease lease = _rates.AttemptAcquire($"{caller.Kind}:{caller.Name}");
        if (!lease.IsAcquired)
        {
            throw Problems.Exhausted(Limit.CallsPerSecond, $"{caller.Name} calls more than {settings.Options.CallsPerSecond} times a second.", TimeSpan.FromSeconds(1));
        }
        if (Objection(policy, caller, request, method[(method.LastIndexOf('/') + 1)..]) is string objection)
        {
            Write(caller, method, policy, request, StatusCode.PermissionDenied);
            throw Problems.Denied(objection);
        }
        return caller;
    }

    /// <summary>Makes a call that was let in, and writes down how it ended where it changes something.</summary>
    public async Task<T> RunAsync<T>(Caller caller, string method, MethodPolicy policy, IMessage? request, Func<Task<T>> call)
    {
        // Stays so when the call ends by an exception that is none of the API's own.
        StatusCode outcome = StatusCode.Internal;
        try
        {
            T response = await call();
            outcome = StatusCode.OK;
            return response;
        }
        catch (RpcException problem)
        {
            outcome = problem.StatusCode;
            throw;
        }
        catch (StoreUnavailableException)
        {
            outcome = StatusCode.Unavailable;
            throw;
        }
        finally
        {
            Write(caller, method, policy, request, outcome);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _rates.Dispose();

    private string? Objection(MethodPolicy policy, Caller caller, IMessage? request, string name)
    {
        if (caller.Role < policy.Role)
        {
            return $"{name} needs the role {Word(policy.Role)}; {caller.Name} is {Word(caller.Role)}.";
        }
        // A viewer reads what an issuer may, but issues nothing.
        if (caller.Role == Role.Viewer && policy.Mutates)
        {
            return $"{name} changes something; {caller.Name} is a viewer.";
        }
        if (caller.Kind == CallerKind.BrowserKey && name != "IssueCredential")
        {
            return "This key issues credentials and does nothing else.";
        }
        if (policy.Everywhere && caller.Realms.Count > 0)
        {
            return $"{name} is about all realms; {caller.Name} is bound to some.";
        }
        return request is not null && policy.Realm(request) is { } realm && !caller.MaySee(realm.Length == 0 ? settings.DefaultRealm : realm)
            ? $"{caller.Name} has nothing to do with the realm {realm}."
            : null;
    }

    private void Write(Caller caller, string method, MethodPolicy policy, IMessage? request, StatusCode outcome)
    {
        if (request is null || policy.Target is null || !logger.IsEnabled(LogLevel.Information))
        {
            return;
        }
        string? realm = policy.Realm(request);
        string where = Plain(realm is null ? "-" : realm.Length == 0 ? settings.DefaultRealm : realm);
        string what = Plain(policy.Target(request));
        LogAudit(logger, caller.Name, caller.Kind, method, where, what, outcome);
    }

    // What callers send must not look like lines of its own.
    private static string Plain(string text)
    {
        StringBuilder plain = new(text.Length);
        foreach (char letter in text.Length > LongestInLog ? text.AsSpan(0, LongestInLog) : text)
        {
            _ = char.IsControl(letter) || letter is '\u2028' or '\u2029' ? plain.Append(CultureInfo.InvariantCulture, $"\\u{(int)letter:x4}") : plain.Append(letter);
        }
        return plain.ToString();
    }

    private static string Word(Role role) => role.ToString().ToLowerInvariant();

    [LoggerMessage(EventId = 3000, Level = LogLevel.Information, Message = "{Caller} ({Kind}) called {Method} in realm {Realm} on {Target}: {Outcome}")]
    private static partial void LogAudit(ILogger logger, string caller, CallerKind kind, string method, string realm, string target, StatusCode outcome);
}
