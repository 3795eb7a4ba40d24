using Spectre.Console;

namespace Turnpike.Ctl.Values;

/// <summary>Reads passwords and secret values: never from the command line, which other users of the machine can see.</summary>
public static class Secrets
{
    /// <summary>Asks for it twice, or takes the first line of what is piped in.</summary>
    /// <exception cref="UsageException">Empty, or typed differently.</exception>
    public static string Read(string what, CtlConsole console)
    {
        if (!console.InIsTerminal)
        {
            return console.In.ReadLine() is { Length: > 0 } line ? line : throw new UsageException($"the {what} is read from the input's first line, and there is none");
        }
        IAnsiConsole ansi = console.Questions();
        string first = Ask(ansi, $"{what}: ");
        return Ask(ansi, $"{what} again: ") == first ? first : throw new UsageException($"the {what} was typed differently the second time");
    }

    private static string Ask(IAnsiConsole ansi, string question) => ansi.Prompt(new TextPrompt<string>(question).Secret(mask: null));
}
