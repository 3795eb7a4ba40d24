using System.Globalization;
using System.Text;
using Turnpike.LoadTest.Planning;

namespace Turnpike.LoadTest.Simulation;

/// <summary>The store's days as Markdown, beside what the plan says from averages.</summary>
internal static class StoreTable
{
    public static string Of(StoreDay day)
    {
        StoreMoment plan = new(0, day.Plan.Demand, day.Plan.Store, day.Plan.Edges, day.Plan.Gigabits, IsFailure: false);
        var text = new StringBuilder();
        Line(text, $"The store under Turnpike's scaler: allocations on average ÷ at the peak {day.MeanAllocations / day.MostAllocations:0.00}, edges paid for on average ÷ the plan's {day.Mean(moment => moment.Paid) / plan.Paid:0.00}, relayed on average ÷ the plan's {day.Mean(moment => moment.Gigabits) / plan.Gigabits:0.00}, Allocates of the worst step ÷ the plan's average {day.PeakFactor:0.00}.");
        text.AppendLine();
        Line(text, $"| a second | mean | peak | ÷ plan | at, hours | as a part of the fleet fails |");
        Line(text, $"| --- | --- | --- | --- | --- | --- |");
        Row("allocations", moment => moment.Demand.Users);
        Row("edges paid for", moment => moment.Paid);
        Row("relayed, Gb/s", moment => moment.Gigabits);
        Row("edges that beat", moment => moment.Demand.Edges);
        Row("edges that come, go or change", moment => moment.Demand.Changes);
        Row("Allocates, and as many credentials", moment => moment.Demand.Allocates);
        Row("Allocates an edge", moment => moment.Demand.Allocates / Math.Max(1, moment.Demand.Edges));
        Row("scripts", moment => moment.Load.Calls);
        Row("store: cores", moment => moment.Load.Cores);
        foreach (string spot in plan.Load.HotSpots.Select(spot => spot.Name))
        {
            Row(spot, moment => moment.Load.HotSpots.First(each => each.Name == spot).Cores);
        }

        return text.ToString();

        void Row(string name, Func<StoreMoment, double> figure)
        {
            StoreMoment peak = day.Peak(figure);
            string ratio = figure(plan) > 0 ? (figure(peak) / figure(plan)).ToString("0.00", CultureInfo.InvariantCulture) : "";
            string failure = day.Failure is { } moment ? PlanTable.Number(figure(moment)) : "";
            Line(text, $"| {name} | {PlanTable.Number(day.Mean(figure))} | {PlanTable.Number(figure(peak))} | {ratio} | {peak.Seconds / 3600:0.00} | {failure} |");
        }
    }

    private static void Line(StringBuilder text, FormattableString line) => text.AppendLine(line.ToString(CultureInfo.InvariantCulture));
}
