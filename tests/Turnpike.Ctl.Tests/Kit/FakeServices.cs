using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Turnpike.Contracts.V1;

namespace Turnpike.Ctl.Tests.Kit;

internal sealed class FakeCredentials(FakeControlPlane server) : CredentialService.CredentialServiceBase
{
    public override Task<IssueCredentialResponse> IssueCredential(IssueCredentialRequest request, ServerCallContext context) =>
        server.AnswerAsync<IssueCredentialResponse>(request, context);

    public override Task<Revocation> RevokeCredentials(RevokeCredentialsRequest request, ServerCallContext context) =>
        server.AnswerAsync<Revocation>(request, context);

    public override Task<ListRevocationsResponse> ListRevocations(ListRevocationsRequest request, ServerCallContext context) =>
        server.AnswerAsync<ListRevocationsResponse>(request, context);

    public override Task<Empty> DeleteRevocation(DeleteRevocationRequest request, ServerCallContext context) =>
        server.AnswerAsync<Empty>(request, context);
}

internal sealed class FakeRealms(FakeControlPlane server) : RealmService.RealmServiceBase
{
    public override Task<Realm> GetRealm(GetRealmRequest request, ServerCallContext context) => server.AnswerAsync<Realm>(request, context);

    public override Task<ListRealmsResponse> ListRealms(ListRealmsRequest request, ServerCallContext context) =>
        server.AnswerAsync<ListRealmsResponse>(request, context);

    public override Task<Realm> CreateRealm(CreateRealmRequest request, ServerCallContext context) => server.AnswerAsync<Realm>(request, context);

    public override Task<Realm> UpdateRealm(UpdateRealmRequest request, ServerCallContext context) => server.AnswerAsync<Realm>(request, context);

    public override Task<Empty> DeleteRealm(DeleteRealmRequest request, ServerCallContext context) => server.AnswerAsync<Empty>(request, context);

    public override Task<AddSecretResponse> AddSecret(AddSecretRequest request, ServerCallContext context) =>
        server.AnswerAsync<AddSecretResponse>(request, context);

    public override Task<Secret> RetireSecret(RetireSecretRequest request, ServerCallContext context) => server.AnswerAsync<Secret>(request, context);

    public override Task<ListUsersResponse> ListUsers(ListUsersRequest request, ServerCallContext context) =>
        server.AnswerAsync<ListUsersResponse>(request, context);

    public override Task<User> PutUser(PutUserRequest request, ServerCallContext context) => server.AnswerAsync<User>(request, context);

    public override Task<Empty> DeleteUser(DeleteUserRequest request, ServerCallContext context) => server.AnswerAsync<Empty>(request, context);
}

internal sealed class FakeUsage(FakeControlPlane server) : UsageService.UsageServiceBase
{
    public override Task<QueryUsageResponse> QueryUsage(QueryUsageRequest request, ServerCallContext context) =>
        server.AnswerAsync<QueryUsageResponse>(request, context);

    public override Task StreamEvents(StreamEventsRequest request, IServerStreamWriter<StreamEventsResponse> responseStream, ServerCallContext context) =>
        server.StreamAsync(request, responseStream, context);
}

internal sealed class FakeFleet(FakeControlPlane server) : FleetService.FleetServiceBase
{
    public override Task<ListEdgesResponse> ListEdges(ListEdgesRequest request, ServerCallContext context) =>
        server.AnswerAsync<ListEdgesResponse>(request, context);

    public override Task WatchEdges(WatchEdgesRequest request, IServerStreamWriter<WatchEdgesResponse> responseStream, ServerCallContext context) =>
        server.StreamAsync(request, responseStream, context);

    public override Task<ListAllocationsResponse> ListAllocations(ListAllocationsRequest request, ServerCallContext context) =>
        server.AnswerAsync<ListAllocationsResponse>(request, context);

    public override Task<Edge> DrainEdge(DrainEdgeRequest request, ServerCallContext context) => server.AnswerAsync<Edge>(request, context);

    public override Task<Edge> UndrainEdge(UndrainEdgeRequest request, ServerCallContext context) => server.AnswerAsync<Edge>(request, context);

    public override Task<TerminateAllocationsResponse> TerminateAllocations(TerminateAllocationsRequest request, ServerCallContext context) =>
        server.AnswerAsync<TerminateAllocationsResponse>(request, context);
}

internal sealed class FakeWebhooks(FakeControlPlane server) : WebhookService.WebhookServiceBase
{
    public override Task<CreateWebhookResponse> CreateWebhook(CreateWebhookRequest request, ServerCallContext context) =>
        server.AnswerAsync<CreateWebhookResponse>(request, context);

    public override Task<Webhook> GetWebhook(GetWebhookRequest request, ServerCallContext context) => server.AnswerAsync<Webhook>(request, context);

    public override Task<ListWebhooksResponse> ListWebhooks(ListWebhooksRequest request, ServerCallContext context) =>
        server.AnswerAsync<ListWebhooksResponse>(request, context);

    public override Task<Webhook> UpdateWebhook(UpdateWebhookRequest request, ServerCallContext context) => server.AnswerAsync<Webhook>(request, context);

    public override Task<Empty> DeleteWebhook(DeleteWebhookRequest request, ServerCallContext context) => server.AnswerAsync<Empty>(request, context);

    public override Task<RotateWebhookSecretResponse> RotateWebhookSecret(RotateWebhookSecretRequest request, ServerCallContext context) =>
        server.AnswerAsync<RotateWebhookSecretResponse>(request, context);

    public override Task<TestWebhookResponse> TestWebhook(TestWebhookRequest request, ServerCallContext context) =>
        server.AnswerAsync<TestWebhookResponse>(request, context);
}

internal sealed class FakeScaling(FakeControlPlane server) : ScalingService.ScalingServiceBase
{
    public override Task<ScalingPolicy> GetScalingPolicy(GetScalingPolicyRequest request, ServerCallContext context) =>
        server.AnswerAsync<ScalingPolicy>(request, context);

    public override Task<ScalingDecision> ExplainScaling(ExplainScalingRequest request, ServerCallContext context) =>
        server.AnswerAsync<ScalingDecision>(request, context);

    public override Task<ListDecisionsResponse> ListDecisions(ListDecisionsRequest request, ServerCallContext context) =>
        server.AnswerAsync<ListDecisionsResponse>(request, context);

    public override Task WatchDecisions(WatchDecisionsRequest request, IServerStreamWriter<WatchDecisionsResponse> responseStream, ServerCallContext context) =>
        server.StreamAsync(request, responseStream, context);
}
