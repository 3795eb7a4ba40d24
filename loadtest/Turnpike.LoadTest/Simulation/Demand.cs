using Turnpike.LoadTest.Planning;

namespace Turnpike.LoadTest.Simulation;

/// <summary>
/// What callers want, step by step: the same for every scaler. Calls come along the hours of the day and the days of the week, with a
/// slow drift and with crowds that nobody expects; what a call carries changes with the time of the day too. What calls carry and what an
/// edge can do are the plan's values.
/// </summary>
internal sealed class Demand
{
    /// <summary>Short calls and long ones: their share of all calls, and how long they last on average, seconds.</summary>
    public static readonly (double Share, double Seconds)[] Kinds = [(0.7, 300), (0.3, 2400)];

    private const double NightShare = 0.2;
    private const double WeekendShare = 0.75;
    private const double DriftDeviation = 0.03;
    private const double DriftSeconds = 3600;

    private readonly int[][] _calls;
    private readonly double[] _bits;
    private readonly double[] _packets;
    private readonly double _first;
    private readonly double _plateau;

    public Demand(SimulateOptions options)
    {
        var dice = new Dice(options.Seed);
        Step = options.StepSeconds;
        EdgeAllocations = options.EdgeAllocations;
        EdgeBits = options.Plan[Constants.EdgeGigabits] * 1e9;
        EdgePackets = options.Plan[Constants.EdgeCores] / (options.Plan[Constants.PacketCost] * 1e-6);
        PlanValues working = PlanHour.Working(options.Plan);
        (double bits, double moreBits) = (EdgeSize.BitsOf(options.Plan), EdgeSize.BitsOf(working) - EdgeSize.BitsOf(options.Plan));
        (double packets, double morePackets) = (options.Plan[Constants.PacketsPerSecond], options.Plan[Constants.WorkPackets] - options.Plan[Constants.PacketsPerSecond]);
        _plateau = ((options.Plan[Constants.WorkShare] / 100) - NightShare) / (1 - NightShare);
        Steps = (int)(options.Days * 86_400 / Step);
        Crowds = MakeCrowds(options, dice);
        _calls = [new int[Steps], new int[Steps]];
        _bits = new double[Steps];
        _packets = new double[Steps];
        double seconds = Kinds.Sum(kind => kind.Share * kind.Seconds);
        double peak = options.PeakEdges * EdgeAllocations / seconds; // Calls a second.
        _first = peak * Day(0);
        double drift = 0;
        double keep = Math.Exp(-Step / DriftSeconds);
        for (int i = 0; i < Steps; i++)
        {
            double at = i * Step;
            drift = (keep * drift) + (Math.Sqrt(1 - (keep * keep)) * DriftDeviation * dice.Normal());
            double rate = peak * Day(at) * (1 + drift) * Crowds.Aggregate(1.0, (factor, crowd) => factor * crowd.Factor(at));
            for (int kind = 0; kind < Kinds.Length; kind++)
            {
                _calls[kind][i] = dice.Poisson(rate * Kinds[kind].Share * Step);
            }
            // Meetings with video while people work; voice and games in the evening.
            double work = Bump(Hour(at), 7, 10, 16, 19);
            _bits[i] = bits + (moreBits * work);
            _packets[i] = packets + (morePackets * work);
        }
    }

    public double Step { get; }

    /// <summary>Allocations that an edge can hold.</summary>
    public double EdgeAllocations { get; }

    /// <summary>Bits a second that it can relay.</summary>
    public double EdgeBits { get; }

    /// <summary>Packets a second that it can relay: its shards are busy all the time then.</summary>
    public double EdgePackets { get; }

    public int Steps { get; }

    public IReadOnlyList<Crowd> Crowds { get; }

    /// <summary>Calls of a kind that come in a step.</summary>
    public int Calls(int kind, int step) => _calls[kind][step];

    /// <summary>Calls of a kind that there are when it begins.</summary>
    public double AtFirst(int kind) => _first * Kinds[kind].Share * Kinds[kind].Seconds;

    /// <summary>Bits a second of one call, headers included.</summary>
    public double Bits(int step) => _bits[step];

    /// <summary>Packets a second of one call.</summary>
    public double Packets(int step) => _packets[step];

    /// <summary>Calls that an edge can carry, by whatever ends first.</summary>
    public double CallsPerEdge(int step) => Math.Min(EdgeAllocations, Math.Min(EdgeBits / _bits[step], EdgePackets / _packets[step]));

    private static double Hour(double at) => at / 3600 % 24;

    // Low at night, a plateau through the day, the most in the evening.
    private double Day(double at)
    {
        double hour = Hour(at);
        double shape = NightShare + ((1 - NightShare) * Math.Max(_plateau * Bump(hour, 6, 10, 17, 22), Bump(hour, 15, 19.5, 21, 25.5)));
        return (int)(at / 86_400) % 7 >= 5 ? shape * WeekendShare : shape;
    }

    // 0, rising to 1 between the first two hours, falling to 0 between the last two; over midnight too.
    private static double Bump(double hour, double from, double full, double until, double to)
    {
        if (hour < to - 24)
        {
            hour += 24;
        }
        double part = Math.Clamp(Math.Min((hour - from) / (full - from), (to - hour) / (to - until)), 0, 1);
        return 0.5 - (0.5 * Math.Cos(Math.PI * part));
    }

    private static List<Crowd> MakeCrowds(SimulateOptions options, Dice dice)
    {
        List<Crowd> crowds = [];
        double seconds = options.Days * 86_400;
        int count = (int)Math.Ceiling(options.Days);
        for (int i = 0; i < count; i++)
        {
            crowds.Add(new Crowd(dice.Between(i, i + 0.9) * seconds / count, dice.Between(0.3, 0.6), dice.Between(60, 300), dice.Between(1200, 3600)));
        }
        return crowds;
    }
}

/// <summary>More calls than the hour would have, all of a sudden.</summary>
/// <param name="At">When it begins, seconds.</param>
/// <param name="More">How many more, as a part of what there is.</param>
/// <param name="Rise">Seconds until all of it is there.</param>
/// <param name="Last">Seconds that it stays; it goes in as many.</param>
internal sealed record Crowd(double At, double More, double Rise, double Last)
{
    public double Factor(double at) => 1 + (More * Math.Clamp(Math.Min((at - At) / Rise, (At + Rise + Last + Last - at) / Last), 0, 1));
}
