namespace Turnpike.Scaling;

/// <summary>
/// Whether what is known of the fleet is good enough to make it smaller. To make it larger it always is: an edge too many costs money, one
/// too few costs calls.
/// </summary>
internal static class DataQuality
{
    public static bool Check(FleetSnapshot fleet, FleetView view, ScalingPolicy policy, DateTimeOffset now, Findings findings)
    {
        int before = findings.Limits.Count;
        if (!fleet.IsFresh || now - fleet.ReadAt > policy.MaxReportAge)
        {
            findings.Limit(ScalingReasonCode.StaleSnapshot, "the fleet was not read lately: no edge goes");
        }
        if (view.Missing > 0)
        {
            findings.Limit(ScalingReasonCode.EdgesMissing, $"{Words.Edges(view.Missing)} missing: none goes until they are heard of");
        }
        Report(ScalingReasonCode.EdgesSilent, view.Members.Where(edge => edge.ReportedAt is not { } told || now - told > policy.MaxReportAge), "silent");
        Report(ScalingReasonCode.EdgesDegraded, view.Members.Where(edge => edge.Degraded), "without the store");
        Report(ScalingReasonCode.LoadUnreadable, view.Unreadable, "with a load that is no number");
        return findings.Limits.Count == before;

        void Report(ScalingReasonCode code, IEnumerable<FleetEdge> edges, string what)
        {
            string[] names = [.. edges.Select(edge => edge.Id)];
            if (names.Length > 0)
            {
                findings.Limit(code, $"{Words.Edges(names.Length)} {what} ({Words.List(names)}): none goes");
            }
        }
    }
}
