using Turnpike.LoadTest.Relay;

namespace Turnpike.LoadTest.Scenarios;

/// <summary>A scenario by its name, as so many calls make it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Summary">What it sends, in one line of the help.</param>
/// <param name="Calls">Calls by default.</param>
/// <param name="Seconds">Measured time by default.</param>
/// <param name="WarmupSeconds">Traffic before it by default.</param>
/// <param name="Streams">The traffic of so many calls.</param>
/// <param name="Churn">The allocations that come and go with so many calls; null where there are none.</param>
internal sealed record Preset(
    string Name,
    string Summary,
    int Calls,
    double Seconds,
    double WarmupSeconds,
    Func<int, IReadOnlyList<StreamPlan>> Streams,
    Func<int, ChurnPlan>? Churn = null)
{
    /// <summary>Through each allocation that comes and goes: enough to show that it carries packets from its beginning to its end.</summary>
    public const int PacketsOfCall = 5;

    private const int VoiceBytes = 160;
    private const int VideoBytes = 1200;
    private const double ShortHold = 10;
    private const double LongHold = 60;

    public static readonly IReadOnlyList<Preset> All =
    [
        new("voice", "50 packets/s of 160 B each way", 100, 30, 1, calls => [Voice(calls)]),
        new("video", "30 frames/s each way, each a burst of 12 packets of 1200 B", 20, 30, 1, calls => [Video(calls)]),
        new("screen", "5 frames/s up, each a burst of 40 packets of 1200 B, and 5 packets/s of 100 B down", 20, 30, 1, Screen),
        new("churn", "an Allocate for every call each 10 s, held for 10 s with a few packets there and back, beside a tenth as many voice calls", 100, 30, 1,
            calls => [Voice(Part(calls, 10))], calls => Held(calls, ShortHold)),
        new("ramp", "voice whose packets/s in every call grow linearly from 0 to 50 over the measured time", 100, 60, 0,
            calls => [Voice(calls) with { Ramp = true }]),
        new("soak", "voice, and a tenth as many calls that come and go after a minute, for hours", 100, 4 * 3600, 1,
            calls => [Voice(calls)], calls => Held(Part(calls, 10), LongHold)),
        new("mixed", "of 10 calls 7 voice, 2 video and 1 screen, and one that comes and goes after 10 s", 50, 60, 1,
            calls => [Voice(calls - Part(calls, 5) - Part(calls, 10)), Video(Part(calls, 5)), .. Screen(Part(calls, 10))],
            calls => Held(Part(calls, 10), ShortHold)),
    ];

    /// <summary>Fewer calls than this leave one kind of a mixed scenario without any.</summary>
    public int FewestCalls => Name == "mixed" ? 3 : 1;

    private static StreamPlan Voice(int calls) => new("voice", calls, VoiceBytes, 50, 1, Direction.Both);

    private static StreamPlan Video(int calls) => new("video", calls, VideoBytes, 30 * 12, 12, Direction.Both);

    private static IReadOnlyList<StreamPlan> Screen(int calls) =>
    [
        new("screen", calls, VideoBytes, 5 * 40, 40, Direction.Up),
        new("screen-feedback", calls, 100, 5, 1, Direction.Down, SharedWith: "screen"),
    ];

    private static ChurnPlan Held(int atATime, double seconds) => new(atATime / seconds, seconds, PacketsOfCall);

    private static int Part(int calls, int of) => Math.Max(1, calls / of);
}
