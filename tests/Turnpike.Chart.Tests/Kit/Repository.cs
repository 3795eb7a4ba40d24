using System.Reflection;

namespace Turnpike.Chart.Tests.Kit;

/// <summary>Where things are in the repository, and whether this run may write what it would otherwise compare.</summary>
internal static class Repository
{
    public static string Root { get; } = typeof(Repository).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == "RepositoryRoot").Value!;

    public static string Chart { get; } = Path.Combine(Root, "charts", "turnpike");

    public static string Tests { get; } = Path.Combine(Root, "tests", "Turnpike.Chart.Tests");

    /// <summary>Set by <c>make chart</c>: what is generated (schema, README, snapshots) is written instead of compared.</summary>
    public static bool Writes { get; } = Environment.GetEnvironmentVariable("TURNPIKE_CHART_WRITE") == "1";

    /// <summary>Compares a generated text with its file.</summary>
    public static void Agree(string file, string generated)
    {
        if (Writes)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, generated);
            return;
        }
        string there = File.Exists(file) ? File.ReadAllText(file) : "";
        if (generated != there)
        {
            Assert.Fail($"{Path.GetRelativePath(Root, file)} is not what it is made from; `make chart` writes it. {FirstDifference(there, generated)}");
        }
    }

    private static string FirstDifference(string there, string generated)
    {
        string[] old = there.Split('\n');
        string[] now = generated.Split('\n');
        int line = Enumerable.Range(0, Math.Max(old.Length, now.Length)).First(i => old.ElementAtOrDefault(i) != now.ElementAtOrDefault(i));
        return $"Line {line + 1} is \"{old.ElementAtOrDefault(line)}\" and would be \"{now.ElementAtOrDefault(line)}\".";
    }
}
