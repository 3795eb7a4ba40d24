using System.Text.Json;
using System.Text.Json.Serialization;

namespace Turnpike.Cluster;

/// <summary>The form of events in the store: JSON without what is empty.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
    IgnoreReadOnlyProperties = true)]
[JsonSerializable(typeof(ClusterEvent))]
internal sealed partial class EventJson : JsonSerializerContext
{
    public static byte[] Write(ClusterEvent entry) => JsonSerializer.SerializeToUtf8Bytes(entry, Default.ClusterEvent);

    /// <summary>Null for what this version does not know: a newer edge may write kinds that came later.</summary>
    public static ClusterEvent? Read(byte[] json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, Default.ClusterEvent);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
