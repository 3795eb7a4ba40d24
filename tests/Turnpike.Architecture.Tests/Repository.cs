using System.Reflection;

namespace Turnpike.Architecture.Tests;

/// <summary>Finds the files of the repository.</summary>
internal static class Repository
{
    private static readonly string[] NotOurs = ["artifacts", "node_modules", "bin", "obj", ".git"];

    // Written by the build: the source paths in a deterministic build are not those of this machine.
    public static string Root { get; } = typeof(Repository).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == "RepositoryRoot").Value!;

    public static IEnumerable<string> Files(string pattern) =>
        Directory.EnumerateFiles(Root, pattern, SearchOption.AllDirectories)
            .Where(file => !Path.GetRelativePath(Root, file).Split(Path.DirectorySeparatorChar).Any(NotOurs.Contains));

    public static string Relative(string file) => Path.GetRelativePath(Root, file).Replace('\\', '/');
}
