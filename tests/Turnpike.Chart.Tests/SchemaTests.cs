using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Turnpike.Chart.Tests.Kit;
using Turnpike.ControlPlane.Options;
using Turnpike.Edge.Options;
using Turnpike.ServiceDefaults.Settings;

namespace Turnpike.Chart.Tests;

/// <summary>values.schema.json knows every value of values.yaml, and every setting of the executables.</summary>
public sealed partial class SchemaTests
{
    private static readonly string FileName = Path.Combine(Repository.Chart, "values.schema.json");
    private static readonly JsonSerializerOptions OneLine = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // In a file of settings that are one line each, so that a new one is one line in a review.
    [Fact]
    public void The_settings_in_the_schema_are_those_of_the_executables()
    {
        string text = File.ReadAllText(FileName);
        text = Replace(text, "edgeSettings", EdgeSettings.Catalog);
        text = Replace(text, "controlPlaneSettings", ControlPlaneSettings.Catalog);
        Repository.Agree(FileName, text);
    }

    [Fact]
    public void Every_value_is_in_the_schema_and_every_key_of_the_schema_is_a_value()
    {
        JsonObject schema = JsonNode.Parse(File.ReadAllText(FileName))!.AsObject();
        JsonObject values = Yaml.Objects(File.ReadAllText(Path.Combine(Repository.Chart, "values.yaml"))).Single();
        List<string> differences = [];
        Compare("", values, schema, differences);
        Assert.Equal(["global: not in values.yaml"], differences);
    }

    [Fact]
    public void Every_section_refuses_what_it_does_not_know()
    {
        List<string> open = [];
        FindOpen("", JsonNode.Parse(File.ReadAllText(FileName))!.AsObject(), open);
        Assert.Empty(open);
    }

    // A key below which values.yaml has keys of its own has to be a section in the schema too.
    private static void Compare(string path, JsonObject values, JsonObject schema, List<string> differences)
    {
        JsonObject known = schema["properties"]?.AsObject() ?? [];
        differences.AddRange(values.Where(pair => !known.ContainsKey(pair.Key)).Select(pair => $"{path}{pair.Key}: not in the schema"));
        differences.AddRange(known.Where(pair => !values.ContainsKey(pair.Key)).Select(pair => $"{path}{pair.Key}: not in values.yaml"));
        foreach ((string key, JsonNode? value) in values)
        {
            if (value is JsonObject { Count: > 0 } section && known[key] is JsonObject below && below.ContainsKey("properties"))
            {
                Compare($"{path}{key}.", section, below, differences);
            }
        }
    }

    private static void FindOpen(string path, JsonObject schema, List<string> open)
    {
        if (schema["properties"] is not JsonObject properties)
        {
            return;
        }
        if (schema["additionalProperties"] is not JsonValue closed || (bool)closed)
        {
            open.Add(path);
        }
        foreach ((string key, JsonNode? value) in properties)
        {
            FindOpen($"{path}/{key}", value!.AsObject(), open);
        }
    }

    private static string Replace(string text, string definition, SettingsCatalog catalog)
    {
        string begin = $"    \"{definition}\": ";
        int start = text.IndexOf(begin, StringComparison.Ordinal) + begin.Length;
        int end = start;
        for (int depth = 0; ;)
        {
            depth += text[end] switch { '{' => 1, '}' => -1, _ => 0 };
            end++;
            if (depth == 0)
            {
                break;
            }
        }
        // Secrets come from Secrets.
        Setting[] settings = [.. catalog.Settings.Where(setting => !setting.Secret)];
        IEnumerable<string> single = settings.Where(setting => setting.Kind == SettingKind.Scalar)
            .Select(setting => $"        {Json(setting.EnvironmentName)}: {Schema(setting)}");
        IEnumerable<string> many = settings.Where(setting => setting.Kind != SettingKind.Scalar)
            .Select(setting => $"        {Json(Pattern(setting))}: {Schema(setting)}");
        return string.Concat(text.AsSpan(0, start), $$"""
            {
                  "type": "object",
                  "additionalProperties": false,
                  "properties": {
            {{string.Join(",\n", single)}}
                  },
                  "patternProperties": {
            {{string.Join(",\n", many)}}
                  }
                }
            """.ReplaceLineEndings("\n"), text.AsSpan(end));
    }

    private static string Pattern(Setting setting) =>
        $"^{setting.Key.Replace(":", "__", StringComparison.Ordinal)}__{(setting.Kind == SettingKind.List ? "[0-9]+" : "[A-Za-z0-9._]+")}$";

    private static string Schema(Setting setting)
    {
        if (setting.ValueType == typeof(bool))
        {
            return """{"type": "boolean"}""";
        }
        if (setting.ValueType != typeof(int) && setting.ValueType != typeof(long) && setting.ValueType != typeof(double))
        {
            return """{"type": "string"}""";
        }
        string type = setting.ValueType == typeof(double) ? "number" : "integer";
        Match range = Range().Match(setting.Allowed);
        return range.Success
            ? string.Create(CultureInfo.InvariantCulture, $$"""{"type": "{{type}}", "minimum": {{range.Groups[1].Value}}, "maximum": {{range.Groups[2].Value}}}""")
            : $$"""{"type": "{{type}}"}""";
    }

    private static string Json(string text) => JsonSerializer.Serialize(text, OneLine);

    [GeneratedRegex("^([0-9]+) to ([0-9]+)")]
    private static partial Regex Range();
}
