namespace Turnpike.Fuzz;

/// <summary>Takes one input; throws on anything that the code under test must not do.</summary>
public delegate void FuzzBody(ReadOnlySpan<byte> input);

/// <summary>A thing to fuzz: its name, which is also the name of its corpus folder, and its body.</summary>
public sealed record FuzzTarget(string Name, FuzzBody Body)
{
    /// <summary>Every target. A new one is a line here and a reference in the project file.</summary>
    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new("stun-message", Targets.StunMessageTarget.Run),
        new("channel-data", Targets.ChannelDataTarget.Run),
        new("stream-framing", Targets.StreamFramingTarget.Run),
        new("opaque-string", Targets.OpaqueStringTarget.Run),
        new("turn-server", Targets.TurnServerTarget.Run),
    ];

    /// <summary>The target of this name, or null.</summary>
    public static FuzzTarget? Find(string name)
    {
        foreach (FuzzTarget target in All)
        {
            if (target.Name == name)
            {
                return target;
            }
        }

        return null;
    }
}
