using System.Globalization;
using Turnpike.LoadTest.CommandLine;

namespace Turnpike.LoadTest.Planning;

/// <summary>The sizes that are planned, and the constants.</summary>
internal sealed record PlanOptions(IReadOnlyList<double> Sizes, PlanValues Values, IReadOnlyDictionary<string, double> Constants)
{
    private const double MostAllocations = 1e10;

    public static readonly Option[] Known =
    [
        new("allocations", "N,…", "allocations at the same time, at the peak; several sizes with commas", "1000000,10000000,100000000"),
        .. Planning.Constants.All.Select(constant => constant.Option),
        new("json", "FILE", "write the plan as JSON; - is the standard output"),
        new("help", null, "this text"),
    ];

    public static PlanOptions From(ParsedOptions given)
    {
        var constants = Planning.Constants.All.ToDictionary(
            constant => constant.Name,
            constant => given.Has(constant.Name) ? given.Number(constant.Name, constant.Least, constant.Most) : constant.Value);
        PlanValues values = new(constants);
        if (values[Planning.Constants.LargestRealm] * values[Planning.Constants.Realms] < 100)
        {
            throw new UsageException($"--largest-realm {given.Text("largest-realm")} is less than the average of --realms {given.Text("realms")}");
        }

        if (PlanHour.Of(values).FirstOrDefault(hour => hour.Share > 0 && hour.Edge.Allocations == 0) is { } hour)
        {
            throw new UsageException($"an edge has no room for one allocation {hour.Name}: its {hour.Edge.Binding} ends before");
        }

        return new PlanOptions(SizesOf(given.RequiredText("allocations")), values, constants);
    }

    private static double[] SizesOf(string text) =>
    [
        .. text.Split(',').Select(part => double.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out double size) && size is >= 1 and <= MostAllocations
            ? size
            : throw new UsageException($"--allocations is whole numbers from 1 to 10000000000 with commas, not '{text}'")),
    ];
}
