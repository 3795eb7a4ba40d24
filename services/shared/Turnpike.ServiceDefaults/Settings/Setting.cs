using System.Collections;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;

namespace Turnpike.ServiceDefaults.Settings;

/// <summary>How many values a setting takes.</summary>
public enum SettingKind
{
    /// <summary>One value: <c>Edge:Realm</c>.</summary>
    Scalar,

    /// <summary>Numbered values: <c>Edge:Secrets:0</c>, <c>Edge:Secrets:1</c>.</summary>
    List,

    /// <summary>Named values: <c>Logging:LogLevel:Default</c>.</summary>
    Map,
}

/// <summary>One setting: a property of an options class, with everything that help, binding and error messages say about it.</summary>
public sealed class Setting
{
    private const int LongestShownValue = 100;
    private readonly PropertyInfo _property;
    private readonly ValidationAttribute[] _rules;
    private readonly SettingAttribute _attribute;

    internal Setting(string section, PropertyInfo property, object defaults)
    {
        _property = property;
        _attribute = property.GetCustomAttribute<SettingAttribute>()
            ?? throw new InvalidOperationException($"{property.DeclaringType}.{property.Name} has no [Setting].");
        _rules = [.. property.GetCustomAttributes<ValidationAttribute>()];
        Section = section;
        Key = $"{section}:{property.Name}";
        (Kind, ValueType) = KindOf(property.PropertyType);
        Default = _attribute.Default ?? TextOf(property.GetValue(defaults));
        Allowed = _attribute.Allowed ?? AllowedByRules() ?? AllowedByType();
    }

    /// <summary>The key in <c>appsettings.json</c> and on the command line, without an index: <c>Edge:Relay:MinPort</c>.</summary>
    public string Key { get; }

    /// <summary>The section that holds it: <c>Edge:Relay</c>.</summary>
    public string Section { get; }

    /// <summary>One value, a list or a map.</summary>
    public SettingKind Kind { get; }

    /// <summary>The type of one value.</summary>
    public Type ValueType { get; }

    /// <summary>The default as text; "none" when it is empty.</summary>
    public string Default { get; }

    /// <summary>What is accepted, in words.</summary>
    public string Allowed { get; }

    /// <summary>One line of meaning.</summary>
    public string Meaning => _attribute.Meaning;

    /// <summary>The value must not be shown.</summary>
    public bool Secret => _attribute.Secret;

    /// <summary>The key with a sample index or name where one is needed: <c>Edge:Secrets:0</c>.</summary>
    public string SampleKey => Key + Kind switch { SettingKind.List => ":0", SettingKind.Map => ":Default", _ => "" };

    /// <summary>The environment variable: <c>Edge__Secrets__0</c>.</summary>
    public string EnvironmentName => SampleKey.Replace(":", "__", StringComparison.Ordinal);

    /// <summary>The type in words: <c>integer (seconds)</c>, <c>list of text</c>.</summary>
    public string TypeName
    {
        get
        {
            string one = ValueType == typeof(bool) ? "boolean"
                : ValueType == typeof(int) || ValueType == typeof(long) ? "integer"
                : ValueType == typeof(double) ? "number"
                : ValueType.IsEnum ? "word" : "text";
            string unit = _attribute.Unit is null ? one : $"{one} ({_attribute.Unit})";
            return Kind switch { SettingKind.List => $"list of {unit}", SettingKind.Map => $"{unit} by name", _ => unit };
        }
    }

    /// <summary>One line for people: the setting, its value unless secret, what is wrong and what is allowed.</summary>
    /// <param name="value">The text that was given, or null when no value is to blame.</param>
    /// <param name="why">What is wrong with it; null when the allowed form says enough.</param>
    /// <param name="item">The index or name inside a list or map.</param>
    public string Problem(string? value, string? why = null, string? item = null)
    {
        string key = item is null ? Key : $"{Key}:{item}";
        string shown = value is null || Secret ? key : $"{key} = \"{Printable(value)}\"";
        return why is null ? $"{shown}: allowed: {Allowed}" : $"{shown}: {why}; allowed: {Allowed}";
    }

    internal void SetOn(object options, object? value) => _property.SetValue(options, value);

    /// <summary>An empty value of a list.</summary>
    internal Array NewList(int length) => Array.CreateInstanceFromArrayType(_property.PropertyType, length);

    /// <summary>The value of a map on an options object.</summary>
    internal IDictionary MapOf(object options) => (IDictionary)_property.GetValue(options)!;

    internal Type DeclaringType => _property.DeclaringType!;

    internal string Name => _property.Name;

    internal bool TryParse(string text, out object? value)
    {
        value = null;
        if (ValueType == typeof(string))
        {
            value = text;
        }
        else if (ValueType == typeof(bool))
        {
            value = bool.TryParse(text, out bool parsed) ? parsed : null;
        }
        else if (ValueType == typeof(int))
        {
            value = int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int parsed) ? parsed : null;
        }
        else if (ValueType == typeof(long))
        {
            value = long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long parsed) ? parsed : null;
        }
        else if (ValueType == typeof(double))
        {
            const NumberStyles Decimal = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint;
            value = double.TryParse(text, Decimal, CultureInfo.InvariantCulture, out double parsed) && double.IsFinite(parsed) ? parsed : null;
        }
        else if (ValueType.IsEnum)
        {
            // Enum.TryParse also takes numbers and comma lists; only a name is a setting.
            string? name = Enum.GetNames(ValueType).FirstOrDefault(name => WordOf(name).Equals(text, StringComparison.OrdinalIgnoreCase));
            value = name is null ? null : Enum.Parse(ValueType, name);
        }
        object? candidate = value;
        return candidate is not null && _rules.All(rule => rule.IsValid(candidate));
    }

    private static (SettingKind Kind, Type ValueType) KindOf(Type type)
    {
        if (type.IsArray)
        {
            return (SettingKind.List, type.GetElementType()!);
        }
        return type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Dictionary<,>)
            ? (SettingKind.Map, type.GetGenericArguments()[1])
            : (SettingKind.Scalar, type);
    }

    internal static string Printable(string value)
    {
        string shortened = value.Length <= LongestShownValue ? value : string.Concat(value.AsSpan(0, LongestShownValue), "…");
        return string.Create(shortened.Length, shortened, static (span, text) =>
        {
            for (int i = 0; i < span.Length; i++)
            {
                span[i] = char.IsControl(text[i]) ? '?' : text[i];
            }
        });
    }

    private static string TextOf(object? value) => value switch
    {
        Array { Length: 0 } or "" or null => "none",
        Array array => string.Join(", ", array.Cast<object>()),
        IDictionary { Count: 0 } => "none",
        bool flag => flag ? "true" : "false",
        Enum word => WordOf(word.ToString()),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "none",
    };

    /// <summary>As operators write it: <c>LocalShare</c> is <c>local-share</c>.</summary>
    private static string WordOf(string name) => string.Concat(
        name.Select((letter, at) => char.IsUpper(letter) && at > 0 ? $"-{char.ToLowerInvariant(letter)}" : $"{char.ToLowerInvariant(letter)}"));

    private string? AllowedByRules()
    {
        foreach (ValidationAttribute rule in _rules)
        {
            if (rule is RangeAttribute range)
            {
                return string.Create(CultureInfo.InvariantCulture, $"{range.Minimum} to {range.Maximum}");
            }
            if (rule is StringLengthAttribute length)
            {
                return string.Create(CultureInfo.InvariantCulture, $"{length.MinimumLength} to {length.MaximumLength} characters");
            }
        }
        return null;
    }

    private string AllowedByType()
    {
        if (ValueType == typeof(bool))
        {
            return "true or false";
        }
        if (ValueType.IsEnum)
        {
            return string.Join(", ", Enum.GetNames(ValueType).Select(WordOf));
        }
        throw new InvalidOperationException($"{Key} says neither a range nor what is allowed.");
    }
}
