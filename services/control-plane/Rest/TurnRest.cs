using System.Globalization;
using System.Text.Json.Serialization;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Turnpike.Cluster;
using Turnpike.Contracts.V1;
using Turnpike.ControlPlane.Authorization;
using Turnpike.ControlPlane.Calls;
using Turnpike.ControlPlane.Credentials;
using Turnpike.ControlPlane.Options;

namespace Turnpike.ControlPlane.Rest;

/// <summary>
/// The interface of the TURN REST API draft (draft-uberti-behave-turn-rest-00 section 2):
/// <c>GET /turn?service=turn&amp;username=…&amp;ttl=…&amp;key=…</c>, for applications that speak it already. It issues the same
/// credentials by the same rules.
/// </summary>
internal sealed class TurnRest(ControlPlaneSettings settings, CallGate gate, CredentialIssuer issuer, LimitMetrics limits, TimeProvider time)
{
    public const string Path = "/turn";

    /// <summary>What its calls are counted as.</summary>
    public static readonly CallName Name = new("turn", "Issue", IsStream: false);

    private const string Method = "/turnpike.v1.CredentialService/IssueCredential";
    private static readonly MethodPolicy Policy = MethodPolicy.For(Method)!;

    /// <summary>Answers one request.</summary>
    public async Task AnswerAsync(HttpContext context)
    {
        // The answer is a password, and the address may hold a key.
        context.Response.Headers.CacheControl = "no-store";
        try
        {
            TurnRestAnswer answer = await IssueAsync(context);
            await WriteAsync(context, StatusCodes.Status200OK, answer, TurnRestJson.Default.TurnRestAnswer);
        }
        catch (RpcException problem)
        {
            OutcomeInterceptor.Note(context, problem, limits);
            await WriteAsync(context, HttpStatus.Of(problem.StatusCode), new TurnRestProblem(problem.Status.Detail), TurnRestJson.Default.TurnRestProblem);
        }
        catch (StoreUnavailableException)
        {
            await WriteAsync(
                context, StatusCodes.Status503ServiceUnavailable, new TurnRestProblem("The store is away; try again soon."), TurnRestJson.Default.TurnRestProblem);
        }
    }

    private async Task<TurnRestAnswer> IssueAsync(HttpContext context)
    {
        IQueryCollection query = context.Request.Query;
        IssueCredentialRequest request = new() { User = Single(query, "username"), Realm = Single(query, "realm") };
        Caller caller = await gate.AdmitAsync(context, Method, Policy, null, Single(query, "key") is { Length: > 0 } key ? key : null);
        if (request.Realm.Length == 0)
        {
            // The draft knows no realms: a key of another one than the default realm means its own.
            request.Realm = caller.MaySee(settings.DefaultRealm) ? settings.DefaultRealm : caller.Realms[0];
        }
        if (Single(query, "service") != "turn")
        {
            throw Problems.Invalid("service", "must be turn");
        }
        if (Single(query, "ttl") is { Length: > 0 } ttl)
        {
            request.Ttl = long.TryParse(ttl, NumberStyles.None, CultureInfo.InvariantCulture, out long seconds)
                ? new Duration { Seconds = seconds }
                : throw Problems.Invalid("ttl", "must be seconds");
        }
        IssueCredentialResponse made = await gate.RunAsync(caller, Method, Policy, request, () =>
            caller.MaySee(request.Realm) ? issuer.IssueAsync(request, caller) : throw Problems.Denied($"{caller.Name} has nothing to do with the realm {request.Realm}."));
        IceServer turn = made.IceServers[^1];
        return new TurnRestAnswer(
            turn.Username, turn.Credential, made.ExpireTime.Seconds - time.GetUtcNow().ToUnixTimeSeconds(), [.. turn.Urls]);
    }

    private static string Single(IQueryCollection query, string name) => query[name] switch
    {
        { Count: 0 } => "",
        [string one] => one,
        _ => throw Problems.Invalid(name, "is there twice"),
    };

    private static Task WriteAsync<T>(HttpContext context, int status, T body, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(body, type, cancellationToken: context.RequestAborted);
    }
}

/// <summary>What the draft's section 2.2 says an answer is.</summary>
/// <param name="Username">USERNAME.</param>
/// <param name="Password">Its password.</param>
/// <param name="Ttl">Seconds that it is valid for.</param>
/// <param name="Uris">TURN URIs.</param>
internal sealed record TurnRestAnswer(string Username, string Password, long Ttl, string[] Uris);

/// <summary>Why there is no answer.</summary>
internal sealed record TurnRestProblem(string Error);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(TurnRestAnswer))]
[JsonSerializable(typeof(TurnRestProblem))]
internal sealed partial class TurnRestJson : JsonSerializerContext;
