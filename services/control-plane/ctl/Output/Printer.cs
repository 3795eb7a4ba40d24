using Google.Protobuf;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Turnpike.Ctl.Output;

/// <summary>Writes results: tables for people, the proto's JSON form for programs.</summary>
public sealed class Printer(CtlConsole console, bool json)
{
    private static readonly JsonFormatter Indented = new(JsonFormatter.Settings.Default.WithFormatDefaultValues(true).WithIndentation());
    private static readonly JsonFormatter OnOneLine = new(JsonFormatter.Settings.Default.WithFormatDefaultValues(true));
    private readonly IAnsiConsole _ansi = console.Tables();

    /// <summary>Whether programs read the results.</summary>
    public bool Json { get; } = json;

    /// <summary>Writes an answer.</summary>
    /// <param name="message">The answer, for programs.</param>
    /// <param name="table">The same, for people.</param>
    public void Write(IMessage message, Func<IRenderable> table)
    {
        if (Json)
        {
            console.Out.WriteLine(Indented.Format(message));
        }
        else
        {
            _ansi.Write(table());
        }
    }

    /// <summary>Writes one of a stream's answers, on a line of its own, at once.</summary>
    public void WriteLine(IMessage message, Func<string> line)
    {
        console.Out.WriteLine(Json ? OnOneLine.Format(message) : SafeText.Line(line()));
        console.Out.Flush();
    }

    /// <summary>Says that something without an answer was done; programs know it from the exit code.</summary>
    public void Done(string what)
    {
        if (!Json)
        {
            console.Out.WriteLine(SafeText.Line(what));
        }
    }

    /// <summary>Says something that is no result.</summary>
    public void Note(string text) => console.Error.WriteLine($"turnpikectl: {SafeText.Line(text)}");
}
