using Microsoft.Extensions.Configuration;
using Turnpike.ServiceDefaults.Settings;

namespace Turnpike.ServiceDefaults;

/// <summary>
/// The first moments of an executable: reads the settings from all sources, or answers <c>--help</c> and <c>--version</c>, or says
/// what is wrong, one line a problem.
/// </summary>
public static class ServiceStart
{
    private const string FileName = "appsettings.json";

    /// <summary>Reads everything. Standard output gets answers, standard error gets problems.</summary>
    /// <typeparam name="TSettings">The checked settings.</typeparam>
    /// <param name="identity">Which executable this is.</param>
    /// <param name="arguments">The command line.</param>
    /// <param name="catalog">Every setting.</param>
    /// <param name="check">Turns bound options into checked settings; null when it added problems.</param>
    /// <param name="folder">Where <c>appsettings.json</c> lies; null is the program's own folder, so that a file of the
    /// caller's working directory is never read by accident.</param>
    /// <param name="output">Standard output when null.</param>
    /// <param name="error">Standard error when null.</param>
    public static ServiceStart<TSettings> Read<TSettings>(
        ServiceIdentity identity,
        IReadOnlyList<string> arguments,
        SettingsCatalog catalog,
        Func<SettingsReading, TSettings?> check,
        string? folder = null,
        TextWriter? output = null,
        TextWriter? error = null)
        where TSettings : class
    {
        output ??= Console.Out;
        error ??= Console.Error;
        CommandLine line = CommandLine.Parse(arguments, catalog);
        if (line.Problems.Count > 0)
        {
            return Fail<TSettings>(identity, line.Problems, error);
        }
        if (line.Help)
        {
            output.Write(line.HelpAsMarkdown ? SettingsHelp.Markdown(catalog) : SettingsHelp.Text(identity, catalog));
            return new ServiceStart<TSettings>(identity, exitCode: 0);
        }
        if (line.Version)
        {
            output.WriteLine($"{identity.Program} {identity.Version} (revision {identity.Revision})");
            return new ServiceStart<TSettings>(identity, exitCode: 0);
        }
        string file = Path.Combine(folder ?? AppContext.BaseDirectory, FileName);
        if (ReadFile(file, catalog, out IConfiguration? fromFile) is { Count: > 0 } wrong)
        {
            return Fail<TSettings>(identity, wrong, error);
        }
        IConfiguration configuration = new ConfigurationBuilder()
            .AddConfiguration(fromFile!)
            .AddEnvironmentVariables()
            .AddInMemoryCollection(line.Values)
            .Build();
        SettingsReading reading = catalog.Read(configuration);
        TSettings? settings = check(reading);
        return settings is null || reading.Problems.Count > 0
            ? Fail<TSettings>(identity, reading.Problems, error)
            : new ServiceStart<TSettings>(identity, configuration, reading.Get<LoggingOptions>(), settings);
    }

    private static ServiceStart<TSettings> Fail<TSettings>(ServiceIdentity identity, IReadOnlyList<string> problems, TextWriter error)
        where TSettings : class
    {
        foreach (string problem in problems)
        {
            error.WriteLine($"{identity.Program}: {problem}");
        }
        return new ServiceStart<TSettings>(identity, exitCode: 1);
    }

    private static List<string> ReadFile(string file, SettingsCatalog catalog, out IConfiguration? configuration)
    {
        if (Directory.Exists(file))
        {
            // What container runtimes make of a file that is to be mounted and is not there; read as none, its settings would be missed in silence.
            configuration = null;
            return [$"{file}: is a folder; allowed: a file of JSON, or none"];
        }
        try
        {
            configuration = new ConfigurationBuilder().AddJsonFile(file, optional: true, reloadOnChange: false).Build();
        }
        catch (Exception exception) when (exception is InvalidDataException or FormatException or IOException or UnauthorizedAccessException)
        {
            configuration = null;
            return [$"{file}: {Innermost(exception)}"];
        }
        return [.. configuration.GetChildren().Select(root => catalog.ProblemWithRoot(root.Key)).OfType<string>().Select(problem => $"{file}: {problem}")];
    }

    private static string Innermost(Exception exception)
    {
        while (exception.InnerException is not null)
        {
            exception = exception.InnerException;
        }
        return exception.Message.ReplaceLineEndings(" ");
    }
}
