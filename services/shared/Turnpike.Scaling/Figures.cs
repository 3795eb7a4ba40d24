namespace Turnpike.Scaling;

/// <summary>One number for each <see cref="Dimension"/>.</summary>
/// <param name="Allocations">Allocations.</param>
/// <param name="RelayPorts">Relay ports.</param>
/// <param name="PacketsPerSecond">Packets a second.</param>
/// <param name="BitsPerSecond">Bits a second.</param>
/// <param name="ShardBusy">Part of its time that the busiest shard works.</param>
public readonly record struct Figures(double Allocations, double RelayPorts, double PacketsPerSecond, double BitsPerSecond, double ShardBusy)
{
    /// <summary>Every dimension, in order.</summary>
    public static IReadOnlyList<Dimension> Dimensions { get; } = Enum.GetValues<Dimension>();

    /// <summary>The number of one dimension.</summary>
    public double this[Dimension dimension] => dimension switch
    {
        Dimension.Allocations => Allocations,
        Dimension.RelayPorts => RelayPorts,
        Dimension.PacketsPerSecond => PacketsPerSecond,
        Dimension.BitsPerSecond => BitsPerSecond,
        _ => ShardBusy,
    };

    /// <summary>The same number for every dimension.</summary>
    public static Figures All(double value) => new(value, value, value, value, value);

    /// <summary>Makes each number from its dimension.</summary>
    public static Figures Of(Func<Dimension, double> value) => new(
        value(Dimension.Allocations), value(Dimension.RelayPorts), value(Dimension.PacketsPerSecond), value(Dimension.BitsPerSecond), value(Dimension.ShardBusy));
}
