using Turnpike.LoadTest.Relay;

namespace Turnpike.LoadTest.Bench;

/// <summary>One line of the comparison.</summary>
/// <param name="PayloadBytes">Payload of a packet.</param>
/// <param name="Direction">Which way.</param>
/// <param name="Burst">Packets of a flow that are sent at once.</param>
internal sealed record BenchCase(int PayloadBytes, Direction Direction, int Burst = 1)
{
    // A frame of a video at 1080p and 30 frames a second is some 10 to 30 packets.
    private const int VideoBurst = 16;

    public static readonly BenchCase[] All =
    [
        new(160, Direction.Up),
        new(160, Direction.Down),
        new(1200, Direction.Up),
        new(1200, Direction.Down),
        new(1200, Direction.Up, VideoBurst),
        new(1200, Direction.Down, VideoBurst),
    ];

    public override string ToString() =>
        $"{PayloadBytes} B{(Burst == 1 ? "" : $" in bursts of {Burst}")}, {Direction switch
        {
            Direction.Up => "client→peer",
            Direction.Down => "peer→client",
            _ => "both ways",
        }}";
}
