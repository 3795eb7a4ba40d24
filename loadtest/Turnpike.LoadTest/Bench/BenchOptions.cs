using Turnpike.LoadTest.CommandLine;
using Turnpike.LoadTest.Measuring;

namespace Turnpike.LoadTest.Bench;

/// <summary>What is compared, and for how long.</summary>
internal sealed record BenchOptions(
    IReadOnlyList<string> Servers,
    string EdgeExecutable,
    string PionExecutable,
    string ReferenceExecutable,
    int Rounds,
    double Seconds,
    double WarmupSeconds,
    double Rate,
    int Allocations,
    int ServerCpu,
    int GeneratorCpu,
    IReadOnlyList<BenchPart> Parts,
    bool Veth,
    double SoakMinutes)
{
    private const int QuickRounds = 2;
    private const double QuickSeconds = 0.5;
    private const double QuickWarmup = 0.2;

    public static readonly Option[] Known =
    [
        new("servers", "A,B", "what to compare: edge, edge-otlp (it exports traces and metrics), coturn, pion, reference, reference-single (without trains), or the path of another edge; a server named twice shows the method's own noise", "edge,coturn,pion,reference"),
        new("edge", "PATH", "the published edge", "artifacts/publish/edge/turnpike-edge"),
        new("pion", "PATH", "the server of loadtest/pion", "artifacts/bench/turnpike-pion"),
        new("reference", "PATH", "the relay of loadtest/reference", "artifacts/bench/turnpike-reference"),
        new("rounds", "N", "alternating rounds a case; the first is discarded", "6"),
        new("seconds", "S", "measured time of a round", "1.5"),
        new("warmup", "S", "traffic before it", "0.4"),
        new("rate", "PACKETS/S", "packets a second in all", "20000"),
        new("allocations", "N", "allocations, each with one channel", "100"),
        new("server-cpu", "N", "CPU of the measured server (default: the first this process may use)"),
        new("generator-cpu", "N", "CPU of the generator (default: the second)"),
        new("only", "PART,…", "of packets, bursts, pairs, growth, saturation, allocates, memory and soak (default: all but the last)"),
        new("soak-minutes", "N", "how long a soak lasts", "10"),
        new("veth", null, "over a pair of virtual Ethernet interfaces instead of loopback; takes root, iproute2 and ethtool"),
        new("quick", null, "a smoke run: two rounds of half a second, packets and bursts only; its figures say little"),
        new("bars", null, "exit with 1 when a bar is missed, or when none of what they are about was measured; takes 6 rounds, and a soak of 10 minutes"),
        new("from", "FILE", "measure nothing: print (and draw) what an earlier run wrote with --json"),
        new("plots", "FOLDER", "draw the result: an SVG for each table"),
        new("json", "FILE", "write every sample as JSON; - is the standard output"),
        new("help", null, "this text"),
    ];

    public static BenchOptions From(ParsedOptions given, IReadOnlyList<int> allowedCpus)
    {
        if (allowedCpus.Count < 2)
        {
            throw new UsageException("the comparison needs two CPUs, one for the server and one for the generator");
        }

        bool quick = given.Flag("quick");
        string[] servers = given.RequiredText("servers").Split(',', StringSplitOptions.TrimEntries);
        BenchPart[] parts = PartsOf(given.Text("only"), quick);
        if (parts.Contains(BenchPart.Soak) && (given.Flag("veth") || (servers[0] is not ("edge" or "edge-otlp") && !servers[0].Contains('/', StringComparison.Ordinal))))
        {
            throw new UsageException("--only soak reads what an edge tells of its runtime: the first server is an edge, and on loopback");
        }

        int serverCpu = Cpu(given, "server-cpu", allowedCpus, allowedCpus[0]);
        int generatorCpu = Cpu(given, "generator-cpu", allowedCpus, allowedCpus.First(cpu => cpu != serverCpu));
        if (serverCpu == generatorCpu)
        {
            throw new UsageException("--server-cpu and --generator-cpu must differ");
        }

        int rounds = quick && !given.Has("rounds") ? QuickRounds : given.Integer("rounds", 2, 1000);
        double soakMinutes = given.Number("soak-minutes", 0.05, 7 * 24 * 60);
        if (given.Flag("bars") && BenchBars.TooLittle(rounds, parts.Contains(BenchPart.Soak) ? soakMinutes * 60 : null).FirstOrDefault() is string tooLittle)
        {
            throw new UsageException(tooLittle);
        }

        return new BenchOptions(
            servers,
            given.RequiredText("edge"),
            given.RequiredText("pion"),
            given.RequiredText("reference"),
            rounds,
            quick && !given.Has("seconds") ? QuickSeconds : given.Number("seconds", 0.1, 600),
            quick && !given.Has("warmup") ? QuickWarmup : given.Number("warmup", 0, 60),
            given.Number("rate", 100, 1_000_000),
            given.Integer("allocations", 1, 16_000),
            serverCpu,
            generatorCpu,
            parts,
            given.Flag("veth"),
            soakMinutes);
    }

    /// <summary>One instance for each name; a name used again gets a number, so that two of a kind can be compared.</summary>
    public IReadOnlyList<MeasuredServer> CreateServers()
    {
        var created = new List<MeasuredServer>();
        foreach (string name in Servers)
        {
            MeasuredServer server = name switch
            {
                "edge" => new EdgeServer(Built(EdgeExecutable, "edge", "make publish")),
                "edge-otlp" when Veth => throw new UsageException("--servers edge-otlp goes without --veth: its collector is on loopback, out of the namespace's reach"),
                "edge-otlp" => new ExportingEdgeServer(Built(EdgeExecutable, "edge", "make publish")),
                "coturn" => new CoturnServer(),
                "pion" => new PionServer(Built(PionExecutable, "pion", "make bench-peers")),
                "reference" or "reference-single" => new ReferenceServer(Built(ReferenceExecutable, "reference", "make bench-peers"), trains: name == "reference"),
                _ when File.Exists(name) => new EdgeServer(Path.GetFullPath(name)),
                _ => throw new UsageException($"--servers knows edge, edge-otlp, coturn, pion, reference, reference-single and files, not '{name}'"),
            };
            server.Number = created.Count;
            int same = Servers.Take(created.Count).Count(each => each == name);
            server.Name = same == 0 ? name : $"{name} #{same + 1}";
            created.Add(server);
        }

        return created;
    }

    private static string Built(string path, string option, string how) => File.Exists(path)
        ? Path.GetFullPath(path)
        : throw new UsageException($"there is no {path}: run {how} first, name it with --{option}, or leave it out with --servers");

    private static BenchPart[] PartsOf(string? text, bool quick)
    {
        if (text is null)
        {
            return quick ? [BenchPart.Packets, BenchPart.Bursts] : [.. Enum.GetValues<BenchPart>().Where(part => part != BenchPart.Soak)];
        }

        return [.. text.Split(',', StringSplitOptions.TrimEntries).Select(word =>
            !int.TryParse(word, out _) && Enum.TryParse(word, ignoreCase: true, out BenchPart part)
                ? part
                : throw new UsageException($"--only: there is no part '{word}'"))];
    }

    private static int Cpu(ParsedOptions given, string name, IReadOnlyList<int> allowed, int otherwise)
    {
        if (!given.Has(name))
        {
            return otherwise;
        }

        int cpu = given.Integer(name, 0, CpuAffinity.MaximumCpus - 1);
        return allowed.Contains(cpu) ? cpu : throw new UsageException($"--{name}: this process may not use CPU {cpu}");
    }
}
