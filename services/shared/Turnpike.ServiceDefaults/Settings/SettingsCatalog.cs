using System.Reflection;
using Microsoft.Extensions.Configuration;

namespace Turnpike.ServiceDefaults.Settings;

/// <summary>
/// Every setting of an executable, read once from its options classes. Binding, <c>--help</c>, the README's table and the detection
/// of unknown keys all come from here, so a setting is declared in one place: its property.
/// </summary>
public sealed class SettingsCatalog
{
    private readonly Dictionary<string, Func<ISettingsSection>> _roots = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, Setting> _byKey = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _open = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<Setting> _settings = [];

    /// <summary>All settings, in the order of their declaration.</summary>
    public IReadOnlyList<Setting> Settings => _settings;

    /// <summary>Adds a root section and the settings of its options class and of the options classes nested in it.</summary>
    /// <param name="root">The root section: <c>Edge</c>.</param>
    /// <param name="open">True when other code also reads keys under the root, so that an unknown one there is no error.</param>
    public SettingsCatalog Add<TOptions>(string root, bool open = false)
        where TOptions : class, ISettingsSection, new()
    {
        _roots.Add(root, static () => new TOptions());
        if (open)
        {
            _open.Add(root);
        }
        AddSection(root, new TOptions());
        return this;
    }

    /// <summary>The setting of one property of an options class.</summary>
    /// <exception cref="InvalidOperationException">There is none; a mistake in the code.</exception>
    public Setting Of<TOptions>(string property) =>
        _settings.Single(setting => setting.DeclaringType == typeof(TOptions) && setting.Name == property);

    /// <summary>The setting that a full configuration key (with its index or name) belongs to, or null.</summary>
    public Setting? Find(string key)
    {
        if (_byKey.TryGetValue(key, out Setting? setting))
        {
            return setting;
        }
        int colon = key.LastIndexOf(':');
        if (colon <= 0)
        {
            return null;
        }
        string item = key[(colon + 1)..];
        if (_byKey.TryGetValue(key[..colon], out setting))
        {
            return setting.Kind switch
            {
                SettingKind.List => item.Length > 0 && item.All(char.IsAsciiDigit) ? setting : null,
                SettingKind.Map => setting,
                _ => null,
            };
        }
        return null;
    }

    /// <summary>Binds and checks the configuration. Problems are collected, one line each, never thrown.</summary>
    public SettingsReading Read(IConfiguration configuration)
    {
        Dictionary<Type, object> options = [];
        foreach (Func<ISettingsSection> make in _roots.Values)
        {
            Collect(make(), options);
        }
        SettingsReading reading = new(this, options, configuration);
        foreach (Setting setting in _settings)
        {
            SettingsBinder.Bind(setting, configuration, options[setting.DeclaringType], reading);
        }
        foreach ((string key, string? value) in configuration.AsEnumerable().OrderBy(pair => pair.Key, StringComparer.OrdinalIgnoreCase))
        {
            if (value is not null && ProblemWith(key) is string problem)
            {
                reading.AddProblem(problem);
            }
        }
        return reading;
    }

    /// <summary>What is wrong with a root section of a settings file that belongs to this executable alone, or null.</summary>
    public string? ProblemWithRoot(string root) =>
        _roots.ContainsKey(root)
            ? null
            : $"{root}: unknown section; allowed: {string.Join(", ", _roots.Keys)}";

    /// <summary>What is wrong with a command-line switch, or null; keys under a checked root are left to <see cref="Read"/>.</summary>
    internal string? ProblemWithSwitch(string key)
    {
        string root = RootOf(key);
        bool checkedLater = key.Length > root.Length && !_open.Contains(root) && _roots.ContainsKey(root);
        return checkedLater || Find(key) is not null ? null : $"--{key}: unknown switch{Suggest(key)}";
    }

    private static string RootOf(string key)
    {
        int colon = key.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? key : key[..colon];
    }

    private string? ProblemWith(string key)
    {
        string root = RootOf(key);
        if (key.Length == root.Length)
        {
            return null; // A variable that happens to be named like a section holds no setting.
        }
        bool known = !_roots.ContainsKey(root) || _open.Contains(root) || Find(key) is not null;
        return known ? null : $"{key}: unknown setting{Suggest(key)}";
    }

    private string Suggest(string key)
    {
        string wanted = string.Join(':', key.Split(':').Where(part => part.Length == 0 || !part.All(char.IsAsciiDigit)));
        Setting? nearest = NearestName.Find(wanted, _settings);
        return nearest is null ? "; --help lists all settings" : $"; did you mean {nearest.SampleKey}?";
    }

    private void AddSection(string section, ISettingsSection defaults)
    {
        List<PropertyInfo> nested = [];
        foreach (PropertyInfo property in defaults.GetType().GetProperties())
        {
            if (IsSection(property))
            {
                nested.Add(property);
                continue;
            }
            Setting setting = new(section, property, defaults);
            _settings.Add(setting);
            _byKey.Add(setting.Key, setting);
        }
        foreach (PropertyInfo property in nested)
        {
            AddSection($"{section}:{property.Name}", (ISettingsSection)property.GetValue(defaults)!);
        }
    }

    private static void Collect(ISettingsSection options, Dictionary<Type, object> into)
    {
        into.Add(options.GetType(), options);
        foreach (PropertyInfo property in options.GetType().GetProperties().Where(IsSection))
        {
            Collect((ISettingsSection)property.GetValue(options)!, into);
        }
    }

    private static bool IsSection(PropertyInfo property) => property.PropertyType.IsAssignableTo(typeof(ISettingsSection));
}
