using System.CommandLine;
using System.Globalization;
using Turnpike.Contracts.V1;
using Turnpike.Ctl.Output;

namespace Turnpike.Ctl.Commands;

/// <summary>Options that several commands have.</summary>
internal static class CommonSymbols
{
    private const int UsualLimit = 1000;

    /// <summary>Kinds of events, as they are typed.</summary>
    public static readonly (string Word, Event.Types.Kind Kind)[] EventKinds =
        [.. Enum.GetValues<Event.Types.Kind>().Skip(1).Select(kind => (Show.Word(kind).Replace(' ', '-'), kind))];

    public static Option<string?> Text(string name, string description, string helpName) => new(name) { Description = description, HelpName = helpName };

    public static Option<string?> Realm(string otherwise) => Text("--realm", $"the realm (TURNPIKE_REALM) [{otherwise}]", "realm");

    public static Option<int> Limit()
    {
        Option<int> limit = new("--limit") { Description = "how many at most; 0: all", HelpName = "count", DefaultValueFactory = _ => UsualLimit };
        limit.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 0)
            {
                result.AddError("--limit: a negative number; allowed: 0 and more");
            }
        });
        return limit;
    }

    /// <summary>An option that takes a number.</summary>
    public static Option<double?> Number(string name, string description, string helpName, string example) => new(name)
    {
        Description = $"{description}, as {example}",
        HelpName = helpName,
        CustomParser = result =>
        {
            string typed = result.Tokens[0].Value;
            if (double.TryParse(typed, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number))
            {
                return number;
            }
            result.AddError($"{name}: {typed} is no number; allowed: numbers such as {example}");
            return null;
        },
    };

    /// <summary>An option that takes a whole number from 0.</summary>
    public static Option<int?> WholeNumber(string name, string description, string helpName) => new(name)
    {
        Description = description,
        HelpName = helpName,
        CustomParser = result =>
        {
            string typed = result.Tokens[0].Value;
            if (int.TryParse(typed, NumberStyles.None, CultureInfo.InvariantCulture, out int number))
            {
                return number;
            }
            result.AddError($"{name}: {typed} is no whole number from 0");
            return null;
        },
    };

    /// <summary>An option that takes one of a few words.</summary>
    public static Option<string?> OneOf(string name, string description, params string[] words)
    {
        Option<string?> option = new(name) { Description = $"{description}: {string.Join(", ", words)}", HelpName = "word" };
        option.AcceptOnlyFromAmong(words);
        return option;
    }

    /// <summary>An option that takes several of a few words, one after the other or with commas.</summary>
    public static Option<string[]> SomeOf(string name, string description, params string[] words)
    {
        Option<string[]> option = new(name)
        {
            Description = $"{description}: {string.Join(", ", words)}",
            HelpName = "words",
            AllowMultipleArgumentsPerToken = false,
            CustomParser = result =>
            {
                string[] typed = [.. result.Tokens.SelectMany(token => token.Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))];
                foreach (string word in typed.Except(words))
                {
                    result.AddError($"{name}: {word} is unknown; allowed: {string.Join(", ", words)}");
                }
                return typed;
            },
        };
        option.CompletionSources.Add(words);
        return option;
    }

    public static Argument<string> Name(string name, string description) => new(name) { Description = description };
}
