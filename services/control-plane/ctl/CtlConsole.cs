using Spectre.Console;

namespace Turnpike.Ctl;

/// <summary>What the program reads from and writes to.</summary>
/// <param name="Out">Results.</param>
/// <param name="Error">Problems and notes.</param>
/// <param name="In">Passwords and secrets, where they are piped in.</param>
/// <param name="OutIsTerminal">Whether somebody looks at the results.</param>
/// <param name="InIsTerminal">Whether somebody can be asked.</param>
/// <param name="Environment">Reads an environment variable.</param>
/// <param name="Time">Now.</param>
public sealed record CtlConsole(
    TextWriter Out, TextWriter Error, TextReader In, bool OutIsTerminal, bool InIsTerminal, Func<string, string?> Environment, TimeProvider Time)
{
    // Wide enough that no value of a table is cut.
    private const int FullWidth = 1000;

    /// <summary>The console of this process.</summary>
    public static CtlConsole OfProcess() => new(
        Console.Out, Console.Error, Console.In, !Console.IsOutputRedirected, !Console.IsInputRedirected,
        System.Environment.GetEnvironmentVariable, TimeProvider.System);

    /// <summary>
    /// Makes what draws tables: with colours only for a terminal, and only where NO_COLOR is not set (no-color.org). A terminal that is
    /// too narrow wraps the lines, which can still be read and copied in full.
    /// </summary>
    public IAnsiConsole Tables()
    {
        IAnsiConsole console = Drawing(Out, OutIsTerminal);
        console.Profile.Width = FullWidth;
        return console;
    }

    /// <summary>Makes what draws over itself, and so must know how wide the terminal is.</summary>
    public IAnsiConsole Screen() => Drawing(Out, OutIsTerminal);

    /// <summary>Makes what asks questions, beside the results.</summary>
    public IAnsiConsole Questions() => Drawing(Error, InIsTerminal);

    private IAnsiConsole Drawing(TextWriter writer, bool terminal)
    {
        bool draws = terminal && Environment("TERM") != "dumb";
        bool colours = draws && string.IsNullOrEmpty(Environment("NO_COLOR"));
        return AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            // Old consoles of Windows have to be asked.
            Ansi = !draws ? AnsiSupport.No : OperatingSystem.IsWindows() ? AnsiSupport.Detect : AnsiSupport.Yes,
            ColorSystem = colours ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Interactive = terminal ? InteractionSupport.Yes : InteractionSupport.No,
            // Looks at variables of build servers and would switch colours on in their logs.
            Enrichment = new ProfileEnrichment { UseDefaultEnrichers = false },
        });
    }
}
