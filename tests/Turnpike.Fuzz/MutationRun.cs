using System.Diagnostics;
using System.Security.Cryptography;

namespace Turnpike.Fuzz;

/// <summary>How long a run goes on: until the time or the number of inputs is used up, whichever comes first.</summary>
internal sealed record RunLimits(TimeSpan Time, long Count);

/// <summary>
/// Fuzzing without instrumentation: mutated corpus inputs, blind but fast, so that every machine with the SDK can do it. The
/// first finding of a target is saved and ends its run.
/// </summary>
internal static class MutationRun
{
    /// <summary>Runs the targets one after the other, each with an equal share of the limits. True when nothing was found.</summary>
    public static bool Run(IReadOnlyList<FuzzTarget> targets, RunLimits limits, ulong seed, string findings)
    {
        Console.WriteLine($"seed {seed}");
        bool clean = true;
        var share = new RunLimits(limits.Time / targets.Count, Math.Max(1, limits.Count / targets.Count));
        foreach (FuzzTarget target in targets)
        {
            clean &= RunOne(target, share, seed, findings);
        }

        return clean;
    }

    private static bool RunOne(FuzzTarget target, RunLimits limits, ulong seed, string findings)
    {
        List<byte[]> corpus = [];
        foreach (string file in Corpus.FilesOf(target))
        {
            corpus.Add(File.ReadAllBytes(file));
        }

        // A target whose corpus is empty starts from nothing.
        if (corpus.Count == 0)
        {
            corpus.Add([]);
        }

        var mutator = new Mutator(new XorShift(seed));
        var elapsed = Stopwatch.StartNew();
        long done = 0;
        while (done < limits.Count && elapsed.Elapsed < limits.Time)
        {
            byte[] input = mutator.Mutate(corpus);
            if (!TryInput(target, input, findings))
            {
                return false;
            }

            done++;
        }

        Console.WriteLine($"{target.Name}: {done} inputs in {elapsed.Elapsed.TotalSeconds:F1} s, nothing found");
        return true;
    }

    /// <summary>Feeds one input; a finding is printed and saved.</summary>
    public static bool TryInput(FuzzTarget target, byte[] input, string findings)
    {
        try
        {
            target.Body(input);
            return true;
        }
#pragma warning disable CA1031 // Whatever a target throws is a finding.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Directory.CreateDirectory(findings);
            string name = $"{target.Name}-{Convert.ToHexStringLower(SHA256.HashData(input))[..12]}.bin";
            string path = Path.Combine(findings, name);
            File.WriteAllBytes(path, input);
            Console.WriteLine($"{target.Name}: FOUND, input saved as {path}");
            Console.WriteLine(exception);
            return false;
        }
    }
}
