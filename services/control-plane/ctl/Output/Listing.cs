using Spectre.Console;
using Spectre.Console.Rendering;

namespace Turnpike.Ctl.Output;

/// <summary>Tables in one style, of text that is shown as it is.</summary>
public static class Listing
{
    /// <summary>Makes a table; a heading that ends in <c>#</c> is of a column of numbers, which stand at its right.</summary>
    public static Table Of(IEnumerable<string> headings, IEnumerable<string[]> rows)
    {
        Table table = new() { Border = TableBorder.Simple, ShowFooters = false };
        foreach (string heading in headings)
        {
            bool number = heading.EndsWith('#');
            TableColumn column = new(new Text(heading.TrimEnd('#'), new Style(decoration: Decoration.Bold))) { NoWrap = true };
            table.AddColumn(number ? column.RightAligned() : column);
        }
        foreach (string[] row in rows)
        {
            table.AddRow(row.Select(Cell));
        }
        return table;
    }

    /// <summary>One thing, a line for each of its values.</summary>
    public static Table Of(params (string Name, string Value)[] values)
    {
        Table table = new() { Border = TableBorder.None, ShowHeaders = false };
        table.AddColumn(new TableColumn("") { NoWrap = true }).AddColumn(new TableColumn(""));
        foreach ((string name, string value) in values)
        {
            table.AddRow(new Text(name, new Style(decoration: Decoration.Bold)), Cell(value));
        }
        return table;
    }

    private static IRenderable Cell(string text) => text switch
    {
        "ready" or "enabled" => new Text(text, new Style(Color.Green)),
        "draining" or "paused" => new Text(text, new Style(Color.Yellow)),
        "not ready" or "gone" or "failing" or "disabled" => new Text(text, new Style(Color.Red)),
        _ => new Text(string.Join('\n', text.Split('\n').Select(SafeText.Line))),
    };
}
