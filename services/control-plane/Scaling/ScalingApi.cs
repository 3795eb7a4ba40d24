using System.Globalization;
using Grpc.Core;
using Turnpike.Contracts.V1;
using Turnpike.ControlPlane.Calls;

namespace Turnpike.ControlPlane.Scaling;

/// <summary>Shows how the fleet is scaled, and why. Nothing here acts.</summary>
internal sealed class ScalingApi(ScalingDesk desk, DecisionLog log, DecisionWatch watch) : ScalingService.ScalingServiceBase
{
    private const double MostLoad = 1000;

    public override Task<ScalingPolicy> GetScalingPolicy(GetScalingPolicyRequest request, ServerCallContext context) => request.Name == ScalingMessage.PolicyName
        ? Task.FromResult(ScalingMessage.Of(desk.Policy))
        : throw Problems.Invalid("name", $"not {ScalingMessage.PolicyName}");

    public override async Task<ScalingDecision> ExplainScaling(ExplainScalingRequest request, ServerCallContext context)
    {
        double factor = request.HasLoadFactor ? request.LoadFactor : 1;
        if (!(factor is >= 0 and <= MostLoad))
        {
            throw Problems.Invalid("load_factor", $"not a number from 0 to {MostLoad}");
        }
        return ScalingMessage.Of(await desk.ExplainAsync(PolicyChange.Apply(desk.Policy, request.Policy), factor));
    }

    public override async Task<ListDecisionsResponse> ListDecisions(ListDecisionsRequest request, ServerCallContext context)
    {
        int size = PageToken.Size(request.PageSize);
        const string Question = "decisions";
        long? before = PageToken.Read(request.PageToken, Question) is not { } token ? null
            : long.TryParse(token, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number
            : throw Problems.Invalid("page_token", "not a token of this request");
        (_, long last) = await log.ReadFromAsync(long.MaxValue, 1);
        long end = Math.Min(before ?? long.MaxValue, last + 1);
        long first = Math.Max(1, end - size);
        IReadOnlyList<LoggedDecision> decisions = end > first ? (await log.ReadFromAsync(first, (int)(end - first))).Decisions : [];
        ListDecisionsResponse response = new()
        {
            Decisions = { decisions.Where(decision => decision.Number < end).OrderByDescending(decision => decision.Number).Select(ScalingMessage.Of) },
        };
        // What is older than the oldest that came is not kept any more.
        if (response.Decisions.Count > 0 && first > 1 && decisions[0].Number == first)
        {
            response.NextPageToken = PageToken.Make(first.ToString(CultureInfo.InvariantCulture), Question);
        }
        return response;
    }

    public override Task WatchDecisions(WatchDecisionsRequest request, IServerStreamWriter<WatchDecisionsResponse> responseStream, ServerCallContext context) =>
        watch.FollowAsync(responseStream, context);
}
