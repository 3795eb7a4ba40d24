using System.Threading.RateLimiting;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Turnpike.ControlPlane.Calls;
using Turnpike.ControlPlane.Options;

namespace Turnpike.ControlPlane.Authorization;

/// <summary>Lets a call through when its caller may make it, and writes down the ones that change something.</summary>
public sealed partial class AuthorizationInterceptor(ControlPlaneSettings settings, CallerResolver resolver, ILogger<AuthorizationInterceptor> logger)
    : Interceptor, IDisposable
{
    private const string CallerKey = "turnpike.caller";

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

    /// <summary>Who makes the call.</summary>
    public static Caller CallerOf(ServerCallContext context) => (Caller)context.UserState[CallerKey];

    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        MethodPolicy? policy = await AuthorizeAsync(request as IMessage, context);
        if (policy is not { Mutates: true })
        {
            return await continuation(request, context);
        }
        try
        {
            TResponse response = await continuation(request, context);
            Audit(policy, (IMessage)request, context, StatusCode.OK);
            return response;
        }
        catch (RpcException problem)
        {
            Audit(policy, (IMessage)request, context, problem.StatusCode);
            throw;
        }
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        await AuthorizeAsync(request as IMessage, context);
        await continuation(request, responseStream, context);
    }

    public override async Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        await AuthorizeAsync(null, context);
        await continuation(requestStream, responseStream, context);
    }

    /// <inheritdoc/>
    public void Dispose() => _rates.Dispose();

    private async Task<MethodPolicy?> AuthorizeAsync(IMessage? request, ServerCallContext context)
    {
        if (MethodPolicy.Open.Contains(context.Method))
        {
            return null;
        }
        // A method that is not in the table is nobody's to call, however it got there.
        MethodPolicy policy = MethodPolicy.For(context.Method) ?? throw Problems.Denied($"{context.Method} is not open to anybody.");
        Caller caller = await resolver.ResolveAsync(context.GetHttpContext());
        using RateLimitLease lease = _rates.AttemptAcquire($"{caller.Kind}:{caller.Name}");
        if (!lease.IsAcquired)
        {
            throw Problems.Exhausted($"{caller.Name} calls more than {settings.Options.CallsPerSecond} times a second.", TimeSpan.FromSeconds(1));
        }
        Check(policy, caller, request, context.Method);
        context.UserState[CallerKey] = caller;
        return policy;
    }

    private void Check(MethodPolicy policy, Caller caller, IMessage? request, string method)
    {
        string name = method[(method.LastIndexOf('/') + 1)..];
        if (caller.Role < policy.Role)
        {
            throw Problems.Denied($"{name} needs the role {Word(policy.Role)}; {caller.Name} is {Word(caller.Role)}.");
        }
        // A viewer reads what an issuer may, but issues nothing.
        if (caller.Role == Role.Viewer && policy.Mutates)
        {
            throw Problems.Denied($"{name} changes something; {caller.Name} is a viewer.");
        }
        if (caller.Kind == CallerKind.BrowserKey && name != "IssueCredential")
        {
            throw Problems.Denied("This key issues credentials and does nothing else.");
        }
        if (request is not null && policy.Realm(request) is { } realm)
        {
            realm = realm.Length == 0 ? settings.DefaultRealm : realm;
            if (!caller.MaySee(realm))
            {
                throw Problems.Denied($"{caller.Name} has nothing to do with the realm {realm}.");
            }
        }
    }

    private void Audit(MethodPolicy policy, IMessage request, ServerCallContext context, StatusCode outcome)
    {
        if (!logger.IsEnabled(LogLevel.Information))
        {
            return;
        }
        Caller caller = CallerOf(context);
        string realm = policy.Realm(request) is { Length: > 0 } named ? named : settings.DefaultRealm;
        string target = policy.Target!(request);
        LogAudit(logger, caller.Name, caller.Kind, context.Method, realm, target, outcome);
    }

    private static string Word(Role role) => role.ToString().ToLowerInvariant();

    [LoggerMessage(EventId = 3000, Level = LogLevel.Information, Message = "{Caller} ({Kind}) called {Method} in realm {Realm} on {Target}: {Outcome}")]
    private static partial void LogAudit(ILogger logger, string caller, CallerKind kind, string method, string realm, string target, StatusCode outcome);
}
