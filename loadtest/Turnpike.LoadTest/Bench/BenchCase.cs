using System.Globalization;
using Turnpike.LoadTest.Relay;

namespace Turnpike.LoadTest.Bench;

/// <summary>One line of the comparison.</summary>
/// <param name="PayloadBytes">Payload of a packet.</param>
/// <param name="Direction">Which way.</param>
/// <param name="Burst">Packets of a flow that are sent at once.</param>
/// <param name="Allocations">Null: as many as the comparison is asked for.</param>
internal sealed record BenchCase(int PayloadBytes, Direction Direction, int Burst = 1, int? Allocations = null)
{
    // A frame of a video at 1080p and 30 frames a second is some 10 to 30 packets.
    public const int VideoBurst = 16;

    /// <summary>Over how many allocations the same rate is spread.</summary>
    public static readonly int[] GrowthAllocations = [1, 100, 1000, 10_000];

    public static IEnumerable<BenchCase> Of(BenchPart part) => part switch
    {
        BenchPart.Packets => [new(160, Direction.Up), new(160, Direction.Down), new(1200, Direction.Up), new(1200, Direction.Down)],
        BenchPart.Bursts => [new(1200, Direction.Up, VideoBurst), new(1200, Direction.Down, VideoBurst)],
        BenchPart.Pairs => [new(160, Direction.Pairs), new(1200, Direction.Pairs, VideoBurst)],
        BenchPart.Growth => [.. GrowthAllocations.Select(count => new BenchCase(160, Direction.Both, 1, count))],
        _ => [],
    };

    public override string ToString()
    {
        string burst = Burst == 1 ? "" : $" in bursts of {Burst}";
        string allocations = Allocations is int count ? string.Create(CultureInfo.InvariantCulture, $", {count} allocation{(count == 1 ? "" : "s")}") : "";
        return $"{PayloadBytes} B{burst}, {Direction switch
        {
            Direction.Up => "client→peer",
            Direction.Down => "peer→client",
            Direction.Pairs => "client→client",
            _ => "both ways",
        }}{allocations}";
    }
}
