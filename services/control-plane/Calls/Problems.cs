using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using GrpcStatus = Google.Rpc.Status;

namespace Turnpike.ControlPlane.Calls;

/// <summary>The errors that callers see: a canonical code, one sentence, and details that a program can act on (google.rpc.Status).</summary>
public static class Problems
{
    /// <summary>The domain of every <see cref="ErrorInfo"/>.</summary>
    public const string Domain = "turnpike";

    /// <summary>A field of the request is not as it must be.</summary>
    /// <param name="field">As in the proto: <c>policy.allocations_per_user</c>.</param>
    /// <param name="description">The value where it is no secret, and what is allowed.</param>
    public static RpcException Invalid(string field, string description) => Make(
        Code.InvalidArgument,
        $"{field}: {description}",
        new BadRequest { FieldViolations = { new BadRequest.Types.FieldViolation { Field = field, Description = description } } });

    /// <summary>There is no such thing.</summary>
    /// <param name="type">What kind of thing: <c>realm</c>.</param>
    /// <param name="name">Its resource name.</param>
    public static RpcException NotFound(string type, string name) => Make(
        Code.NotFound, $"There is no {type} {name}.", new ResourceInfo { ResourceType = type, ResourceName = name });

    /// <summary>A realm has no secret that is valid now.</summary>
    public static RpcException NoSecret(string realm) => Make(
        Code.NotFound, $"{realm} has no secret that is valid now; add one.", Info("NO_SECRET"), new ResourceInfo { ResourceType = "secret", ResourceName = realm });

    /// <summary>There is one already.</summary>
    public static RpcException AlreadyExists(string type, string name) => Make(
        Code.AlreadyExists, $"There is a {type} {name} already.", new ResourceInfo { ResourceType = type, ResourceName = name });

    /// <summary>Somebody else was quicker.</summary>
    public static RpcException Aborted(string type, string name) => Make(
        Code.Aborted, $"The {type} {name} has changed meanwhile; read it again.", new ResourceInfo { ResourceType = type, ResourceName = name });

    /// <summary>The state does not allow it.</summary>
    /// <param name="reason">For programs: <c>LAST_SECRET</c>.</param>
    /// <param name="description">For people.</param>
    public static RpcException Precondition(string reason, string description) => Make(Code.FailedPrecondition, description, Info(reason));

    /// <summary>Nobody can be reached who could do it; worth another try.</summary>
    /// <param name="reason">For programs: <c>STORE_UNAVAILABLE</c>.</param>
    /// <param name="description">For people.</param>
    /// <param name="retryAfter">When to try again.</param>
    public static RpcException Unavailable(string reason, string description, TimeSpan retryAfter) => Make(
        Code.Unavailable, description, Info(reason), new RetryInfo { RetryDelay = Duration.FromTimeSpan(retryAfter) });

    /// <summary>Too often.</summary>
    /// <param name="limit">Which limit.</param>
    /// <param name="description">For people.</param>
    /// <param name="retryAfter">When to try again.</param>
    public static RpcException Exhausted(Limit limit, string description, TimeSpan retryAfter) => Make(
        Code.ResourceExhausted, description, Info("RATE_LIMIT", limit), new RetryInfo { RetryDelay = Duration.FromTimeSpan(retryAfter) });

    /// <summary>More than there may be.</summary>
    public static RpcException TooMany(Limit limit, string description) => Make(Code.ResourceExhausted, description, Info("LIMIT", limit));

    /// <summary>Nobody knows who calls.</summary>
    public static RpcException Unauthenticated(string description) => Make(Code.Unauthenticated, description, Info("UNAUTHENTICATED"));

    /// <summary>The caller may not.</summary>
    public static RpcException Denied(string description) => Make(Code.PermissionDenied, description, Info("PERMISSION_DENIED"));

    /// <summary>Our fault; the id leads to the log line.</summary>
    public static RpcException Internal(string id) => Make(Code.Internal, $"Something went wrong here; the log has it under {id}.");

    private static ErrorInfo Info(string reason) => new() { Domain = Domain, Reason = reason };

    private static ErrorInfo Info(string reason, Limit limit) =>
        new() { Domain = Domain, Reason = reason, Metadata = { [OutcomeInterceptor.LimitKey] = LimitMetrics.Name(limit) } };

    private static RpcException Make(Code code, string message, params Google.Protobuf.IMessage[] details) =>
        new GrpcStatus { Code = (int)code, Message = message, Details = { details.Select(Any.Pack) } }.ToRpcException();
}
