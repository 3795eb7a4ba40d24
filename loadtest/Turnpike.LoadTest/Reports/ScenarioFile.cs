using System.Text.Json;
using Turnpike.LoadTest.CommandLine;
using Turnpike.LoadTest.Scenarios;

namespace Turnpike.LoadTest.Reports;

/// <summary>A result as a file, and back.</summary>
internal static class ScenarioFile
{
    public static string ToJson(ScenarioResult result) => JsonSerializer.Serialize(result, ResultJson.Default.ScenarioResult);

    /// <exception cref="UsageException">The file cannot be read or is something else; the message says which.</exception>
    public static ScenarioResult Read(string file)
    {
        try
        {
            return Parse(File.ReadAllBytes(file), file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new UsageException(exception.Message);
        }
    }

    public static ScenarioResult Parse(ReadOnlyMemory<byte> json, string file)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            if (document.RootElement.ValueKind != JsonValueKind.Object
                || !document.RootElement.TryGetProperty("format", out JsonElement format)
                || !format.TryGetInt32(out int version))
            {
                throw new UsageException($"{file} is not what 'turnpike-loadtest run --json' writes: it has no format number");
            }

            return version != ScenarioResult.CurrentFormat
                ? throw new UsageException($"{file} has format {version}; this version reads format {ScenarioResult.CurrentFormat}")
                : document.RootElement.Deserialize(ResultJson.Default.ScenarioResult)!;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw new UsageException($"{file} is not what 'turnpike-loadtest run --json' writes: {TerminalText.Excerpt(exception.Message)}");
        }
    }
}
