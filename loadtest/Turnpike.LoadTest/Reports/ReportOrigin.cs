using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace Turnpike.LoadTest.Reports;

/// <summary>Where a report comes from.</summary>
/// <param name="Command">The command line, without its secrets.</param>
/// <param name="Machine">Where it ran.</param>
/// <param name="Version">Of this tool.</param>
internal sealed partial record ReportOrigin(string Command, string Machine, string Version)
{
    /// <summary>Options whose values a report must not show: it is sent around.</summary>
    private static readonly string[] Secret = ["--password", "--secret", "--token"];

    public static ReportOrigin Here(string command, IReadOnlyList<string> arguments) => new(
        CommandLine(command, arguments),
        $"{Environment.ProcessorCount} CPUs, {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}",
        typeof(ReportOrigin).Assembly.GetName().Version?.ToString(3) ?? "");

    public static string CommandLine(string command, IReadOnlyList<string> arguments)
    {
        var words = new List<string> { "turnpike-loadtest", command };
        bool isSecret = false;
        foreach (string argument in arguments)
        {
            string? option = Secret.FirstOrDefault(each => argument.StartsWith(each + "=", StringComparison.Ordinal));
            words.Add(isSecret ? "…" : option is not null ? option + "=…" : Quoted(UserInformation().Replace(argument, "://…@")));
            isSecret = !isSecret && Secret.Contains(argument);
        }

        return string.Join(' ', words);
    }

    /// <summary>Of a URL: https://user:password@host.</summary>
    [GeneratedRegex("://[^/?#]*@")]
    private static partial Regex UserInformation();

    private static string Quoted(string argument) =>
        argument.Length != 0 && argument.All(each => char.IsAsciiLetterOrDigit(each) || "-_./:=,%@+[]…".Contains(each, StringComparison.Ordinal))
            ? argument
            : $"'{argument.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
