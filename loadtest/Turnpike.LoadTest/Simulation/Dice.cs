namespace Turnpike.LoadTest.Simulation;

/// <summary>
/// Random numbers that are the same for the same seed on every machine (xoshiro256**, Blackman and Vigna). Counts are drawn from the
/// exact distribution while they are small and from its normal approximation above that.
/// </summary>
internal sealed class Dice
{
    private const double Many = 30;
    private ulong _a;
    private ulong _b;
    private ulong _c;
    private ulong _d;

    public Dice(ulong seed)
    {
        _a = Mix(ref seed);
        _b = Mix(ref seed);
        _c = Mix(ref seed);
        _d = Mix(ref seed);
    }

    /// <summary>From 0 to below 1.</summary>
    public double Uniform()
    {
        ulong result = ulong.RotateLeft(_b * 5, 7) * 9;
        ulong shifted = _b << 17;
        _c ^= _a;
        _d ^= _b;
        _b ^= _c;
        _a ^= _d;
        _c ^= shifted;
        _d = ulong.RotateLeft(_d, 45);
        return (result >> 11) * (1.0 / (1UL << 53));
    }

    /// <summary>From one number to below another.</summary>
    public double Between(double least, double most) => least + ((most - least) * Uniform());

    /// <summary>Around 0, with a deviation of 1.</summary>
    public double Normal() => Math.Sqrt(-2 * Math.Log(1 - Uniform())) * Math.Cos(2 * Math.PI * Uniform());

    /// <summary>How many come, of so many on average.</summary>
    public int Poisson(double mean)
    {
        if (mean > Many)
        {
            return Math.Max(0, (int)Math.Round(mean + (Math.Sqrt(mean) * Normal())));
        }
        double limit = Math.Exp(-mean);
        int count = 0;
        for (double product = Uniform(); product > limit; product *= Uniform())
        {
            count++;
        }
        return count;
    }

    /// <summary>How many of so many, each with a chance.</summary>
    public int Binomial(int of, double chance)
    {
        if (of <= 0 || chance <= 0)
        {
            return 0;
        }
        if (chance >= 1)
        {
            return of;
        }
        double mean = of * chance;
        if (mean > Many && of - mean > Many)
        {
            return Math.Clamp((int)Math.Round(mean + (Math.Sqrt(mean * (1 - chance)) * Normal())), 0, of);
        }
        if (mean > of / 2.0)
        {
            return of - Binomial(of, 1 - chance);
        }
        // From one success to the next.
        double log = Math.Log(1 - chance);
        int count = 0;
        for (double at = Gap(); at <= of; at += Gap())
        {
            count++;
        }
        return count;

        double Gap() => Math.Floor(Math.Log(1 - Uniform()) / log) + 1;
    }

    private static ulong Mix(ref ulong seed)
    {
        ulong mixed = seed += 0x9E3779B97F4A7C15;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return mixed ^ (mixed >> 31);
    }
}
