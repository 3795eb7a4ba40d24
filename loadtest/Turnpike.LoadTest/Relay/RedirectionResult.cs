using System.Globalization;
using System.Text.Json.Serialization;

namespace Turnpike.LoadTest.Relay;

/// <summary>Clients that a server sent to another one (300 Try Alternate), from the first allocation to the last.</summary>
/// <param name="Clients">How many clients were sent at least once.</param>
/// <param name="Servers">How many went to each server; one that was sent on counts for each.</param>
internal sealed record RedirectionResult(long Clients, IReadOnlyDictionary<string, long> Servers)
{
    [JsonIgnore]
    public string WhereTo => string.Join(", ", Servers.OrderByDescending(each => each.Value).ThenBy(each => each.Key, StringComparer.Ordinal)
        .Select(each => string.Create(CultureInfo.InvariantCulture, $"{each.Value} to {each.Key}")));
}
