using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Turnpike.Architecture.Tests;

/// <summary>services/EVENTS.md lists every log event as the code has it; <c>make events</c> writes it anew.</summary>
public sealed partial class EventCatalogueTests
{
    private const string Heading =
        """
        # Log events

        Every message that a service logs has an id of its own that never means another one, so that a filter or an alert can name it. This page is made
        from the code by `make events`, and a test compares the two. In JSON logs the id is `EventId`, the level `LogLevel`, and each name in braces a
        field of `State`.

        | ids | where |
        | --- | --- |
        | 1000–1199 | the edge's host: settings, drain, public addresses |
        | 1200–1399 | the edge's transport, and certificates in all services |
        | 1400–1499 | the edge in its cluster |
        | 2000–2199 | what edges and control plane do with the store |
        | 2200–2249 | traces and metrics that are sent to a collector |
        | 3000–3499 | the control plane |

        | id | level | name | message | service |
        | --- | --- | --- | --- | --- |

        """;

    private static readonly (string Folder, string Service)[] Services =
    [
        ("services/edge/", "edge"),
        ("services/control-plane/", "control plane"),
        ("services/standalone/", "standalone"),
        ("services/shared/", "edge, control plane"),
    ];

    private static string PagePath => Path.Combine(Repository.Root, "services", "EVENTS.md");

    [Fact]
    public void The_catalogue_lists_every_event_as_the_code_has_it()
    {
        string text = Heading + string.Concat(Events().OrderBy(entry => entry.Id).Select(entry => entry.Line));
        if (Environment.GetEnvironmentVariable("TURNPIKE_EVENTS_WRITE") == "1")
        {
            File.WriteAllText(PagePath, text);
        }
        Assert.Equal(text.Split('\n'), File.ReadAllText(PagePath).Split('\n'));
    }

    [Fact]
    public void Every_event_is_written_in_the_form_that_the_catalogue_reads()
    {
        IEnumerable<int> all =
            from file in Sources()
            from Match match in EventId().Matches(File.ReadAllText(file))
            select int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture);
        Assert.Equal(all.Order(), Events().Select(entry => entry.Id).Order());
    }

    private static IEnumerable<(int Id, string Line)> Events() =>
        from file in Sources()
        let service = Services.First(each => Repository.Relative(file).StartsWith(each.Folder, StringComparison.Ordinal)).Service
        from Match match in Event().Matches(File.ReadAllText(file))
        let id = match.Groups["id"].Value
        let message = Unquoted(match.Groups["message"].Value)
        select (int.Parse(id, CultureInfo.InvariantCulture),
            $"| {id} | {match.Groups["level"].Value} | {match.Groups["name"].Value} | {message} | {service} |\n");

    private static IEnumerable<string> Sources() =>
        Repository.Files("*.cs").Where(file => Repository.Relative(file).StartsWith("services/", StringComparison.Ordinal));

    /// <summary>The text of one literal, or of several that are added up.</summary>
    private static string Unquoted(string literals)
    {
        StringBuilder text = new();
        foreach (Match literal in Literal().Matches(literals))
        {
            text.Append(Regex.Unescape(literal.Groups[1].Value));
        }
        return text.ToString().ReplaceLineEndings(" ").Replace("|", "\\|", StringComparison.Ordinal);
    }

    [GeneratedRegex(@"EventId = (\d+)")]
    private static partial Regex EventId();

    [GeneratedRegex("""
        \[LoggerMessage\(\s*EventId = (?<id>\d+),\s*Level = LogLevel\.(?<level>\w+),\s*Message = (?<message>(?:"(?:[^"\\]|\\.)*"[\s+]*)+)\)\]\s*[a-z ]+ void (?<name>\w+)\(
        """)]
    private static partial Regex Event();

    [GeneratedRegex("""
        "((?:[^"\\]|\\.)*)"
        """)]
    private static partial Regex Literal();
}
