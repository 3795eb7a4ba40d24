using System.Globalization;
using System.Text;

namespace Turnpike.ServiceDefaults.Settings;

/// <summary>The catalog as text for a terminal and as the table of a README.</summary>
public static class SettingsHelp
{
    /// <summary>The answer to <c>--help</c>.</summary>
    public static string Text(ServiceIdentity identity, SettingsCatalog catalog)
    {
        StringBuilder text = new();
        text.AppendLine(CultureInfo.InvariantCulture, $"{identity.Program} {identity.Version}: {identity.Description}")
            .AppendLine()
            .AppendLine(CultureInfo.InvariantCulture, $"  {identity.Program} [--Section:Name=value]...")
            .AppendLine()
            .AppendLine("Settings come from appsettings.json beside the program, the environment and the command line; later ones win.")
            .AppendLine("Lists are numbered from 0: Edge__Secrets__0, Edge__Secrets__1. Other switches: --help, --help=markdown, --version.");
        foreach (IGrouping<string, Setting> section in catalog.Settings.GroupBy(setting => setting.Section))
        {
            text.AppendLine().AppendLine(section.Key);
            foreach (Setting setting in section)
            {
                text.AppendLine(CultureInfo.InvariantCulture, $"  --{setting.SampleKey}    {setting.EnvironmentName}")
                    .AppendLine(CultureInfo.InvariantCulture, $"      {setting.Meaning}.")
                    .AppendLine(CultureInfo.InvariantCulture,
                        $"      {setting.TypeName}; default: {setting.Default}; allowed: {setting.Allowed}");
            }
        }
        return text.ToString();
    }

    /// <summary>The answer to <c>--help=markdown</c>.</summary>
    public static string Markdown(SettingsCatalog catalog)
    {
        StringBuilder text = new();
        text.Append("| Setting | Environment | Type | Default | Allowed | Meaning |\n| --- | --- | --- | --- | --- | --- |\n");
        foreach (Setting setting in catalog.Settings)
        {
            text.Append(CultureInfo.InvariantCulture, $"| `{setting.SampleKey}` | `{setting.EnvironmentName}` | ")
                .Append(CultureInfo.InvariantCulture, $"{setting.TypeName} | {setting.Default} | {setting.Allowed} | {setting.Meaning} |\n");
        }
        return text.ToString();
    }
}
