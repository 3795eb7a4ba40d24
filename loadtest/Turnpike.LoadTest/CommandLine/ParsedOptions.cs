using System.Globalization;

namespace Turnpike.LoadTest.CommandLine;

/// <summary>
/// The options of one command, parsed strictly: an unknown option, a repeated one, a missing value, a stray word or a
/// value out of its range is a <see cref="UsageException"/>, so a typing error never runs a different test than meant.
/// </summary>
internal sealed class ParsedOptions
{
    private readonly Dictionary<string, string> _given = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Option> _known;

    private ParsedOptions(IEnumerable<Option> known) =>
        _known = known.ToDictionary(option => option.Name, StringComparer.Ordinal);

    /// <summary>Accepts <c>--name value</c>, <c>--name=value</c> and, for switches, <c>--name</c>.</summary>
    /// <param name="known">The command's options.</param>
    /// <param name="arguments">Its command line.</param>
    /// <param name="words">Takes what is no option, where the command has words of its own.</param>
    public static ParsedOptions Parse(IEnumerable<Option> known, IReadOnlyList<string> arguments, ICollection<string>? words = null)
    {
        var parsed = new ParsedOptions(known);
        for (int i = 0; i < arguments.Count; i++)
        {
            string argument = arguments[i];
            if (!argument.StartsWith("--", StringComparison.Ordinal))
            {
                if (words is not null)
                {
                    words.Add(argument);
                    continue;
                }

                throw new UsageException($"'{argument}' is not an option");
            }

            int equals = argument.IndexOf('=', StringComparison.Ordinal);
            string name = equals < 0 ? argument[2..] : argument[2..equals];
            if (!parsed._known.TryGetValue(name, out Option? option))
            {
                throw new UsageException($"unknown option '--{name}': --help lists the options");
            }

            string value = option.ValueName is null
                ? equals < 0 ? "" : throw new UsageException($"--{name} takes no value")
                : equals >= 0 ? argument[(equals + 1)..]
                : ++i < arguments.Count ? arguments[i]
                : throw new UsageException($"--{name} needs a value: {option.ValueName}");
            if (!parsed._given.TryAdd(name, value))
            {
                throw new UsageException($"--{name} is given twice");
            }
        }

        return parsed;
    }

    /// <summary>Takes the value from elsewhere where the command line has none, and nothing where there is none either.</summary>
    public void Supply(string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            _given.TryAdd(_known[name].Name, value);
        }
    }

    public bool Has(string name) => _given.ContainsKey(name);

    public bool Flag(string name) => _known[name].ValueName is null && _given.ContainsKey(name);

    public string? Text(string name) => _given.GetValueOrDefault(name, _known[name].Default!);

    public string RequiredText(string name) =>
        Text(name) is { Length: > 0 } text ? text : throw new UsageException($"--{name} {_known[name].ValueName} is required");

    public int Integer(string name, int minimum, int maximum) =>
        int.TryParse(RequiredText(name), NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value >= minimum && value <= maximum
            ? value
            : throw new UsageException($"--{name} is a whole number from {minimum} to {maximum}, not '{Text(name)}'");

    public double Number(string name, double minimum, double maximum) =>
        double.TryParse(RequiredText(name), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value)
            && value >= minimum && value <= maximum
            ? value
            : throw new UsageException(string.Create(
                CultureInfo.InvariantCulture, $"--{name} is a number from {minimum} to {maximum}, not '{Text(name)}'"));

    public T Choice<T>(string name)
        where T : struct, Enum
    {
        string text = RequiredText(name);
        foreach (T value in Enum.GetValues<T>())
        {
            if (string.Equals(value.ToString(), text, StringComparison.OrdinalIgnoreCase))
            {
                return value;
            }
        }

        string allowed = string.Join(", ", Enum.GetNames<T>().Select(each => each.ToUpperInvariant()));
        throw new UsageException($"--{name} is one of {allowed}, in any case, not '{text}'");
    }
}
