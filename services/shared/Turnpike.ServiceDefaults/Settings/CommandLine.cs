namespace Turnpike.ServiceDefaults.Settings;

/// <summary>The arguments of the executable: settings as <c>--Key=value</c> or <c>--Key value</c>, and the few switches that only print.</summary>
public sealed class CommandLine
{
    private readonly Dictionary<string, string?> _values = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<string> _problems = [];

    private CommandLine()
    {
    }

    /// <summary><c>--help</c>, <c>-h</c>.</summary>
    public bool Help { get; private set; }

    /// <summary><c>--help=markdown</c>: the table of the README.</summary>
    public bool HelpAsMarkdown { get; private set; }

    /// <summary><c>--version</c>.</summary>
    public bool Version { get; private set; }

    /// <summary>The settings that were given; the last one wins.</summary>
    public IReadOnlyDictionary<string, string?> Values => _values;

    /// <summary>One line a problem.</summary>
    public IReadOnlyList<string> Problems => _problems;

    /// <summary>Reads the arguments; never throws.</summary>
    public static CommandLine Parse(IReadOnlyList<string> arguments, SettingsCatalog catalog)
    {
        CommandLine line = new();
        bool afterSecret = false;
        for (int i = 0; i < arguments.Count; i++)
        {
            string argument = arguments[i];
            if (line.TakeSwitch(argument))
            {
                continue;
            }
            if (!argument.StartsWith("--", StringComparison.Ordinal) || argument.Length == 2)
            {
                // After a secret the argument may be its rest, split at a space.
                line._problems.Add(afterSecret
                    ? $"argument {i + 1}: unexpected; allowed: --Section:Name=value"
                    : $"{argument}: unexpected argument; allowed: --Section:Name=value");
                continue;
            }
            int equals = argument.IndexOf('=', StringComparison.Ordinal);
            string key = equals < 0 ? argument[2..] : argument[2..equals];
            string? value = equals < 0 ? null : argument[(equals + 1)..];
            if (value is null && i + 1 < arguments.Count && !arguments[i + 1].StartsWith("--", StringComparison.Ordinal))
            {
                value = arguments[++i];
            }
            // An unknown name may be a misspelt secret.
            afterSecret = catalog.Find(key)?.Secret ?? true;
            line.Add(key, value, catalog);
        }
        return line;
    }

    private void Add(string key, string? value, SettingsCatalog catalog)
    {
        if (catalog.ProblemWithSwitch(key) is string problem)
        {
            _problems.Add(problem);
        }
        else if (value is null)
        {
            _problems.Add($"--{key}: has no value; allowed: --{key}=value");
        }
        else
        {
            _values[key] = value;
        }
    }

    private bool TakeSwitch(string argument)
    {
        switch (argument)
        {
            case "--help" or "-h" or "-?":
                Help = true;
                return true;
            case "--help=markdown":
                Help = HelpAsMarkdown = true;
                return true;
            case "--version":
                Version = true;
                return true;
            default:
                return false;
        }
    }
}
