using System.Collections.Frozen;
using Google.Protobuf;
using Turnpike.Contracts.V1;
using ExternalScaler = Turnpike.Contracts.Keda.ExternalScaler;

namespace Turnpike.ControlPlane.Authorization;

/// <summary>What a method of the API needs.</summary>
/// <param name="Role">The least role; an issuer gets to a method with <see cref="Role.Issuer"/> only for its realms.</param>
/// <param name="Realm">The realm that a request is about; empty: the default realm; null: none in particular.</param>
/// <param name="Target">What a request is about, for the audit log; null for methods that change nothing.</param>
/// <param name="Everywhere">It touches all realms at once: not for callers that are bound to some.</param>
public sealed record MethodPolicy(Role Role, Func<IMessage, string?> Realm, Func<IMessage, string>? Target = null, bool Everywhere = false)
{
    private const string RealmPrefix = "realms/";

    private static readonly FrozenDictionary<string, MethodPolicy> ByMethod = new Dictionary<string, MethodPolicy>
    {
        [Of<CredentialService.CredentialServiceBase>("IssueCredential")] =
            Issue<IssueCredentialRequest>(request => request.Realm, request => $"user {request.User} tag {request.Tag}"),
        [Of<CredentialService.CredentialServiceBase>("RevokeCredentials")] =
            Issue<RevokeCredentialsRequest>(request => request.Realm, request => $"{request.TargetCase} {request.Username}{request.User}{request.Tag}"),
        [Of<CredentialService.CredentialServiceBase>("ListRevocations")] = ReadIn<ListRevocationsRequest>(request => request.Realm),
        // Which realm it is in shows when it is read.
        [Of<CredentialService.CredentialServiceBase>("DeleteRevocation")] = Issue<DeleteRevocationRequest>(_ => null, request => request.Name),
        [Of<RealmService.RealmServiceBase>("GetRealm")] = Read<GetRealmRequest>(request => request.Name),
        [Of<RealmService.RealmServiceBase>("ListRealms")] = Read<ListRealmsRequest>(),
        [Of<RealmService.RealmServiceBase>("CreateRealm")] =
            new(Role.Operator, request => ((CreateRealmRequest)request).RealmId, request => ((CreateRealmRequest)request).RealmId),
        [Of<RealmService.RealmServiceBase>("UpdateRealm")] = Change<UpdateRealmRequest>(request => request.Realm?.Name ?? ""),
        [Of<RealmService.RealmServiceBase>("DeleteRealm")] = Change<DeleteRealmRequest>(request => request.Name),
        [Of<RealmService.RealmServiceBase>("AddSecret")] = Change<AddSecretRequest>(request => $"{request.Parent}/secrets/{request.SecretId}"),
        [Of<RealmService.RealmServiceBase>("RetireSecret")] = Change<RetireSecretRequest>(request => request.Name),
        [Of<RealmService.RealmServiceBase>("ListUsers")] = Read<ListUsersRequest>(request => request.Parent),
        [Of<RealmService.RealmServiceBase>("PutUser")] = Change<PutUserRequest>(request => request.Name),
        [Of<RealmService.RealmServiceBase>("DeleteUser")] = Change<DeleteUserRequest>(request => request.Name),
        [Of<UsageService.UsageServiceBase>("QueryUsage")] = ReadAsIssuer<QueryUsageRequest>(request => request.Parent),
        [Of<UsageService.UsageServiceBase>("StreamEvents")] = ReadAsIssuer<StreamEventsRequest>(request => request.Parent),
        // Their addresses may hold what only receivers shall know.
        [Of<WebhookService.WebhookServiceBase>("GetWebhook")] = ReadAsOperator<GetWebhookRequest>(request => request.Name),
        [Of<WebhookService.WebhookServiceBase>("ListWebhooks")] = ReadAsOperator<ListWebhooksRequest>(request => request.Parent),
        [Of<WebhookService.WebhookServiceBase>("CreateWebhook")] =
            Change<CreateWebhookRequest>(request => $"{request.Parent}/webhooks/{request.WebhookId}"),
        [Of<WebhookService.WebhookServiceBase>("UpdateWebhook")] = Change<UpdateWebhookRequest>(request => request.Webhook?.Name ?? ""),
        [Of<WebhookService.WebhookServiceBase>("DeleteWebhook")] = Change<DeleteWebhookRequest>(request => request.Name),
        [Of<WebhookService.WebhookServiceBase>("RotateWebhookSecret")] = Change<RotateWebhookSecretRequest>(request => request.Name),
        [Of<WebhookService.WebhookServiceBase>("TestWebhook")] = Change<TestWebhookRequest>(request => request.Name),
        [Of<FleetService.FleetServiceBase>("ListEdges")] = Read<ListEdgesRequest>(),
        [Of<FleetService.FleetServiceBase>("WatchEdges")] = Read<WatchEdgesRequest>(),
        [Of<FleetService.FleetServiceBase>("ListAllocations")] = ReadIn<ListAllocationsRequest>(request => request.Realm),
        [Of<FleetService.FleetServiceBase>("DrainEdge")] = ChangeFleet<DrainEdgeRequest>(request => request.Name),
        [Of<FleetService.FleetServiceBase>("UndrainEdge")] = ChangeFleet<UndrainEdgeRequest>(request => request.Name),
        [Of<FleetService.FleetServiceBase>("TerminateAllocations")] =
            ChangeFleet<TerminateAllocationsRequest>(request => $"{request.Parent} ({request.Names.Count} allocations)"),
        [Of<ScalingService.ScalingServiceBase>("GetScalingPolicy")] = Read<IMessage>(),
        [Of<ScalingService.ScalingServiceBase>("ExplainScaling")] = Read<IMessage>(),
        [Of<ScalingService.ScalingServiceBase>("ListDecisions")] = Read<IMessage>(),
        [Of<ScalingService.ScalingServiceBase>("WatchDecisions")] = Read<IMessage>(),
        [Of<ExternalScaler.ExternalScalerBase>("IsActive")] = Read<IMessage>(),
        [Of<ExternalScaler.ExternalScalerBase>("StreamIsActive")] = Read<IMessage>(),
        [Of<ExternalScaler.ExternalScalerBase>("GetMetricSpec")] = Read<IMessage>(),
        [Of<ExternalScaler.ExternalScalerBase>("GetMetrics")] = Read<IMessage>(),
        // What the API looks like is no secret from those who may use it.
        ["/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"] = Issue<IMessage>(_ => null, null),
        ["/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"] = Issue<IMessage>(_ => null, null),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Methods that anybody may call: probes.</summary>
    public static readonly FrozenSet<string> Open =
        new[] { "/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch", "/grpc.health.v1.Health/List" }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Whether the method changes something, so that the audit log has it.</summary>
    public bool Mutates => Target is not null;

    /// <summary>The policy of a method, or null: then nobody may call it.</summary>
    /// <param name="method">As gRPC names it: <c>/turnpike.v1.CredentialService/IssueCredential</c>.</param>
    public static MethodPolicy? For(string method) => ByMethod.GetValueOrDefault(method);

    /// <summary>The name of the realm in <c>realms/{realm}/…</c>; null when it is no such name.</summary>
    internal static string? RealmOf(string name)
    {
        if (!name.StartsWith(RealmPrefix, StringComparison.Ordinal))
        {
            return null;
        }
        int end = name.IndexOf('/', RealmPrefix.Length);
        return end < 0 ? name[RealmPrefix.Length..] : name[RealmPrefix.Length..end];
    }

    private static string Of<TService>(string method)
    {
        // The generated base class lies inside a static class that has the full name of the service.
        var descriptor = (Google.Protobuf.Reflection.ServiceDescriptor)typeof(TService).DeclaringType!.GetProperty("Descriptor")!.GetValue(null)!;
        return $"/{descriptor.FullName}/{descriptor.FindMethodByName(method).Name}";
    }

    private static MethodPolicy Issue<T>(Func<T, string?> realm, Func<T, string>? target) =>
        new(Role.Issuer, request => realm((T)request), target is null ? null : request => target((T)request));

    private static MethodPolicy ReadAsIssuer<T>(Func<T, string> name) => new(Role.Issuer, request => RealmOf(name((T)request)));

    private static MethodPolicy Read<T>(Func<T, string>? name = null) =>
        new(Role.Viewer, request => name is null ? null : RealmOf(name((T)request)));

    private static MethodPolicy ReadAsOperator<T>(Func<T, string> name) => new(Role.Operator, request => RealmOf(name((T)request)));

    private static MethodPolicy ReadIn<T>(Func<T, string> realm) =>
        new(Role.Viewer, request => realm((T)request) is { Length: > 0 } named ? named : null);

    private static MethodPolicy ChangeFleet<T>(Func<T, string> target) =>
        new(Role.Operator, _ => null, request => target((T)request), Everywhere: true);

    private static MethodPolicy Change<T>(Func<T, string> target) =>
        new(Role.Operator, request => RealmOf(target((T)request)), request => target((T)request));
}
