using System.Collections;
using Microsoft.Extensions.Configuration;

namespace Turnpike.ServiceDefaults.Settings;

/// <summary>
/// Fills one property from the configuration. Unlike the framework's binder it replaces a default list instead of appending to it,
/// refuses what it cannot read instead of skipping it, and never throws on a value.
/// </summary>
internal static class SettingsBinder
{
    public static void Bind(Setting setting, IConfiguration configuration, object options, SettingsReading reading)
    {
        IConfigurationSection section = configuration.GetSection(setting.Key);
        switch (setting.Kind)
        {
            case SettingKind.List:
                BindList(setting, section, options, reading);
                break;
            case SettingKind.Map:
                BindMap(setting, section, options, reading);
                break;
            default:
                BindScalar(setting, section, options, reading);
                break;
        }
    }

    private static void BindScalar(Setting setting, IConfigurationSection section, object options, SettingsReading reading)
    {
        if (section.Value is not string text)
        {
            return;
        }
        reading.MarkSet(setting);
        if (setting.TryParse(text, out object? value))
        {
            setting.SetOn(options, value);
        }
        else
        {
            reading.AddProblem(setting.Problem(text));
        }
    }

    private static void BindList(Setting setting, IConfigurationSection section, object options, SettingsReading reading)
    {
        // An empty JSON array arrives as an empty text under the list's own key.
        if (!string.IsNullOrEmpty(section.Value))
        {
            reading.AddProblem(setting.Problem(section.Value, $"a list: its first value is set by {setting.SampleKey}"));
        }
        List<(IConfigurationSection Item, string Text)> items = [.. section.GetChildren()
            .Where(child => child.Value is not null && child.Key.All(char.IsAsciiDigit))
            .Select(child => (child, child.Value!))];
        if (items.Count == 0)
        {
            return;
        }
        reading.MarkSet(setting);
        Array values = setting.NewList(items.Count);
        for (int i = 0; i < items.Count; i++)
        {
            if (setting.TryParse(items[i].Text, out object? value))
            {
                values.SetValue(value, i);
            }
            else
            {
                reading.AddProblem(setting.Problem(items[i].Text, item: items[i].Item.Key));
            }
        }
        reading.SetItemKeys(setting, [.. items.Select(item => item.Item.Key)]);
        setting.SetOn(options, values);
    }

    private static void BindMap(Setting setting, IConfigurationSection section, object options, SettingsReading reading)
    {
        // The options object is new, so this is nobody else's.
        IDictionary values = setting.MapOf(options);
        foreach (IConfigurationSection child in section.GetChildren())
        {
            if (child.Value is not string text)
            {
                continue;
            }
            reading.MarkSet(setting);
            if (setting.TryParse(text, out object? value))
            {
                values[child.Key] = value;
            }
            else
            {
                reading.AddProblem(setting.Problem(text, item: child.Key));
            }
        }
    }
}
