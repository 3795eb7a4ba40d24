using Microsoft.Extensions.Configuration;

namespace Turnpike.ServiceDefaults.Settings;

/// <summary>What a configuration says, read through a catalog: bound options objects and the problems found on the way.</summary>
public sealed class SettingsReading
{
    private readonly SettingsCatalog _catalog;
    private readonly Dictionary<Type, object> _options;
    private readonly IConfiguration _configuration;
    private readonly HashSet<Setting> _set = [];
    private readonly Dictionary<Setting, string[]> _itemKeys = [];
    private readonly List<string> _problems = [];
    private readonly List<string> _warnings = [];

    internal SettingsReading(SettingsCatalog catalog, Dictionary<Type, object> options, IConfiguration configuration)
    {
        _catalog = catalog;
        _options = options;
        _configuration = configuration;
    }

    /// <summary>One line a problem; any makes the start impossible.</summary>
    public IReadOnlyList<string> Problems => _problems;

    /// <summary>One line a warning: things that work and are unwise.</summary>
    public IReadOnlyList<string> Warnings => _warnings;

    /// <summary>The bound options object of a section.</summary>
    public TOptions Get<TOptions>() => (TOptions)_options[typeof(TOptions)];

    /// <summary>Whether any source sets the setting, be it to its default.</summary>
    public bool IsSet<TOptions>(string property) => _set.Contains(_catalog.Of<TOptions>(property));

    /// <summary>Gives a setting the value that the executable itself has for it, such as the address of something that it brings along.</summary>
    public void Provide<TOptions>(string property, object value) => _catalog.Of<TOptions>(property).SetOn(_options[typeof(TOptions)], value);

    /// <summary>A variable that is no setting of the catalog, such as those that OpenTelemetry defines for every program; null where it is not set.</summary>
    public string? Variable(string name) => _configuration[name] is { Length: > 0 } value ? value : null;

    /// <summary>Adds a finished line; one that is there already is not said twice, as when two parts of an executable read the same section.</summary>
    public void AddProblem(string line)
    {
        if (!_problems.Contains(line))
        {
            _problems.Add(line);
        }
    }

    /// <summary>Adds a problem with a setting of <typeparamref name="TOptions"/>; a secret value is left out.</summary>
    /// <param name="property">The property's name.</param>
    /// <param name="value">The text that was given, or null when no single value is to blame.</param>
    /// <param name="why">What is wrong; null when the allowed form says enough.</param>
    /// <param name="position">The position inside a list.</param>
    public void AddProblem<TOptions>(string property, string? value, string? why = null, int? position = null)
    {
        Setting setting = _catalog.Of<TOptions>(property);
        AddProblem(setting.Problem(value, why, position is int at ? ItemKey(setting, at) : null));
    }

    /// <summary>Adds a warning about a setting; its value is not shown.</summary>
    public void AddWarning<TOptions>(string property, string why, int? position = null)
    {
        Setting setting = _catalog.Of<TOptions>(property);
        _warnings.Add($"{(position is int at ? $"{setting.Key}:{ItemKey(setting, at)}" : setting.Key)}: {why}");
    }

    internal void MarkSet(Setting setting) => _set.Add(setting);

    internal void SetItemKeys(Setting setting, string[] keys) => _itemKeys[setting] = keys;

    // The position in the bound list is not the index that the user wrote when indexes have gaps.
    private string ItemKey(Setting setting, int position) =>
        _itemKeys.TryGetValue(setting, out string[]? keys) ? keys[position] : position.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
