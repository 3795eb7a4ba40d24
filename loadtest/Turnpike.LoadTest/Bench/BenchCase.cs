using Turnpike.LoadTest.Relay;

namespace Turnpike.LoadTest.Bench;

/// <summary>One line of the comparison.</summary>
internal sealed record BenchCase(int PayloadBytes, Direction Direction)
{
    public static readonly BenchCase[] All =
    [
        new(160, Direction.Up),
        new(160, Direction.Down),
        new(1200, Direction.Up),
        new(1200, Direction.Down),
    ];

    public override string ToString() =>
        $"{PayloadBytes} B, {Direction switch
        {
            Direction.Up => "client→peer",
            Direction.Down => "peer→client",
            _ => "both ways",
        }}";
}
