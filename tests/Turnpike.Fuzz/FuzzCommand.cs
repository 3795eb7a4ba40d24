using System.Globalization;
using System.Security.Cryptography;
using SharpFuzz;

namespace Turnpike.Fuzz;

/// <summary>The command line: what it cannot read is an error with exit code 2; a finding is exit code 1.</summary>
internal static class FuzzCommand
{
    private const string Usage = """
        turnpike-fuzz list                          the targets
        turnpike-fuzz run [TARGET...] [options]     mutates the corpus, without instrumentation
            --seconds N   time for all targets together   60
            --count N     inputs for all targets together without limit
            --seed N      repeats an earlier run          random
            --findings D  where inputs that fail are kept artifacts/findings
        turnpike-fuzz replay TARGET FILE...         feeds files to a target
        turnpike-fuzz libfuzzer TARGET              to be started by libfuzzer-dotnet: see libfuzzer.sh
        """;

    public static int Run(string[] args)
    {
        switch (args)
        {
            case ["list"]:
                foreach (FuzzTarget target in FuzzTarget.All)
                {
                    Console.WriteLine(target.Name);
                }

                return 0;
            case ["run", .. string[] rest]:
                return RunMutations(rest);
            case ["replay", string name, .. { Length: > 0 } files] when FuzzTarget.Find(name) is { } target:
                return Replay(target, files);
            case ["libfuzzer", string name] when FuzzTarget.Find(name) is { } target:
                Fuzzer.LibFuzzer.Run(input => target.Body(input));
                return 0;
            default:
                return Refuse($"cannot read: {string.Join(' ', args)}");
        }
    }

    private static int RunMutations(string[] args)
    {
        List<FuzzTarget> targets = [];
        long seconds = 60;
        long count = long.MaxValue;
        long seed = RandomNumberGenerator.GetInt32(int.MaxValue);
        string findings = "artifacts/findings";
        for (int index = 0; index < args.Length; index++)
        {
            string arg = args[index];
            string next = index + 1 < args.Length ? args[index + 1] : string.Empty;
            bool read = arg switch
            {
                "--seconds" => TryNumber(next, out seconds),
                "--count" => TryNumber(next, out count),
                "--seed" => TryNumber(next, out seed),
                "--findings" => (findings = next).Length > 0,
                _ => TryAdd(targets, arg),
            };
            if (!read)
            {
                return Refuse($"cannot read: {arg} {next}");
            }

            index += arg.StartsWith("--", StringComparison.Ordinal) ? 1 : 0;
        }

        var limits = new RunLimits(TimeSpan.FromSeconds(seconds), count);
        return MutationRun.Run(targets.Count > 0 ? targets : FuzzTarget.All, limits, (ulong)seed, findings) ? 0 : 1;
    }

    private static int Replay(FuzzTarget target, string[] files)
    {
        bool clean = true;
        foreach (string file in files)
        {
            byte[] input = File.ReadAllBytes(file);
            Console.WriteLine($"{file}: {input.Length} bytes");
            clean &= MutationRun.TryInput(target, input, "artifacts/findings");
        }

        return clean ? 0 : 1;
    }

    private static bool TryAdd(List<FuzzTarget> targets, string name)
    {
        if (FuzzTarget.Find(name) is not { } target)
        {
            return false;
        }

        targets.Add(target);
        return true;
    }

    private static bool TryNumber(string text, out long number)
        => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number <= int.MaxValue;

    private static int Refuse(string why)
    {
        Console.Error.WriteLine(why);
        Console.Error.WriteLine(Usage);
        return 2;
    }
}
