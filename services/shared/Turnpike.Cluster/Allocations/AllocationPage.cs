using System.Text.Json;
using System.Text.Json.Serialization;

namespace Turnpike.Cluster;

/// <summary>A part of an edge's allocations, as they go over the wire.</summary>
/// <param name="Allocations">By id.</param>
/// <param name="More">Whether there are others behind the last.</param>
public sealed record AllocationPage(IReadOnlyList<AllocationRecord> Allocations, bool More)
{
    /// <summary>Most allocations of one page: about half a megabyte.</summary>
    public const int MaxCount = 1000;

    /// <summary>Writes JSON.</summary>
    public Task WriteAsync(Stream stream, CancellationToken cancellation) =>
        JsonSerializer.SerializeAsync(stream, this, AllocationJson.Default.AllocationPage, cancellation);

    /// <summary>Reads JSON.</summary>
    /// <exception cref="JsonException">It is no page.</exception>
    public static async Task<AllocationPage> ReadAsync(Stream stream, CancellationToken cancellation) =>
        await JsonSerializer.DeserializeAsync(stream, AllocationJson.Default.AllocationPage, cancellation).ConfigureAwait(false)
        ?? throw new JsonException("no page of allocations");
}

/// <summary>The form of pages on the wire: JSON without what is empty.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
    IgnoreReadOnlyProperties = true)]
[JsonSerializable(typeof(AllocationPage))]
internal sealed partial class AllocationJson : JsonSerializerContext;
