using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Turnpike.Scaling;

/// <summary>How decisions and what is remembered are written. Unknown properties are skipped: a newer process may have written them.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(ScalingMemory))]
[JsonSerializable(typeof(ScalingDecision))]
internal sealed partial class ScalingJson : JsonSerializerContext
{
    /// <summary>Reads one; null where there is none, or none that can be read.</summary>
    public static T? Read<T>(string? json, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return string.IsNullOrEmpty(json) ? null : JsonSerializer.Deserialize(json, type);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
