using System.Text;

namespace Turnpike.LoadTest.CommandLine;

internal static class HelpText
{
    public static string For(string usage, string summary, IEnumerable<Option> options)
    {
        var text = new StringBuilder();
        text.AppendLine(summary).AppendLine().Append("Usage: ").AppendLine(usage).AppendLine();
        foreach (Option option in options)
        {
            string left = $"  --{option.Name} {option.ValueName}".TrimEnd();
            string suffix = option.Default is null ? "" : $" (default {option.Default})";
            text.Append(left.PadRight(32)).Append(' ').Append(option.Help).AppendLine(suffix);
        }

        return text.ToString();
    }
}
