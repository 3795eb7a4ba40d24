using System.Text.Json;
using System.Text.Json.Serialization;
using StackExchange.Redis;

namespace Turnpike.Cluster;

/// <summary>How records are written in the store. Unknown properties are skipped: a newer process may have written them.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(RealmRecord))]
[JsonSerializable(typeof(StaticUserRecord))]
[JsonSerializable(typeof(Revocation))]
[JsonSerializable(typeof(List<ClusterKey>))]
[JsonSerializable(typeof(EdgeRecord))]
[JsonSerializable(typeof(StoredOrder))]
[JsonSerializable(typeof(WebhookRecord))]
[JsonSerializable(typeof(WebhookProgress))]
internal sealed partial class ClusterJson : JsonSerializerContext
{
    /// <summary>Reads a value; null where there is none, or none that can be read.</summary>
    public static T? Read<T>(RedisValue value, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
        where T : class
    {
        if (value.IsNullOrEmpty)
        {
            return null;
        }
        try
        {
            return JsonSerializer.Deserialize(((ReadOnlyMemory<byte>)value).Span, type);
        }
        catch (JsonException)
        {
            // One value that somebody damaged must not take all others along.
            return null;
        }
    }
}
