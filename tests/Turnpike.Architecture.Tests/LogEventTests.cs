using System.Globalization;
using System.Text.RegularExpressions;

namespace Turnpike.Architecture.Tests;

/// <summary>An event id names one message for good: operators filter by it.</summary>
public sealed partial class LogEventTests
{
    // Edge: 1000–1199 host, 1200–1399 transport, 1400–1499 cluster.
    private static readonly (string Folder, int First, int Last)[] Ranges =
    [
        ("services/edge/Transport/", 1200, 1399),
        ("services/edge/Cluster/", 1400, 1499),
        ("services/edge/", 1000, 1199),
        ("services/shared/Turnpike.ServiceDefaults/Tls/", 1220, 1229),
        ("services/shared/Turnpike.Cluster/", 2000, 2199),
        ("services/shared/Turnpike.ServiceDefaults/Telemetry/", 2200, 2219),
        ("services/control-plane/", 3000, 3499),
    ];

    [Fact]
    public void Event_ids_are_unique()
    {
        Assert.NotEmpty(Events());
        Assert.All(Events().GroupBy(entry => entry.Id), group =>
            Assert.True(group.Count() == 1, $"Event id {group.Key} is used by {string.Join(", ", group.Select(entry => entry.File))}."));
    }

    [Fact]
    public void Event_ids_lie_in_the_range_of_their_folder()
    {
        Assert.All(Events(), entry =>
        {
            (string folder, int first, int last) = Ranges.First(range => entry.File.StartsWith(range.Folder, StringComparison.Ordinal));
            Assert.True(entry.Id >= first && entry.Id <= last, $"{entry.File}: {entry.Id} is not in {first}–{last} of {folder}.");
        });
    }

    [Fact]
    public void Services_log_through_generated_methods_only()
    {
        IEnumerable<string> direct =
            from file in Repository.Files("*.cs")
            where Repository.Relative(file).StartsWith("services/", StringComparison.Ordinal)
            where DirectLog().IsMatch(File.ReadAllText(file))
            select Repository.Relative(file);
        Assert.Empty(direct);
    }

    private static IEnumerable<(string File, int Id)> Events() =>
        from file in Repository.Files("*.cs")
        let relative = Repository.Relative(file)
        where relative.StartsWith("services/", StringComparison.Ordinal)
        from Match match in EventId().Matches(File.ReadAllText(file))
        select (relative, int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture));

    [GeneratedRegex(@"EventId = (\d+)")]
    private static partial Regex EventId();

    [GeneratedRegex(@"\.Log(Trace|Debug|Information|Warning|Error|Critical)\(")]
    private static partial Regex DirectLog();
}
