using Turnpike.Boards;

namespace Turnpike.Chart.Tests.Kit;

/// <summary>The chart's dashboards.</summary>
internal static class ChartBoards
{
    public static IReadOnlyList<Dashboard> All { get; } = Dashboard.ReadAll(Repository.Root);
}
