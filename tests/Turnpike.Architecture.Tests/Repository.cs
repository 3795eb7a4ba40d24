using System.Runtime.CompilerServices;

namespace Turnpike.Architecture.Tests;

/// <summary>Finds the files of the repository from where this source file lies.</summary>
internal static class Repository
{
    private static readonly string[] NotOurs = ["artifacts", "node_modules", "bin", "obj", ".git"];

    public static string Root { get; } = FindRoot();

    public static IEnumerable<string> Files(string pattern) =>
        Directory.EnumerateFiles(Root, pattern, SearchOption.AllDirectories)
            .Where(file => !Path.GetRelativePath(Root, file).Split(Path.DirectorySeparatorChar).Any(NotOurs.Contains));

    public static string Relative(string file) => Path.GetRelativePath(Root, file).Replace('\\', '/');

    private static string FindRoot([CallerFilePath] string here = "")
    {
        DirectoryInfo? folder = new FileInfo(here).Directory;
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "global.json")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new DirectoryNotFoundException($"No global.json above {here}.");
    }
}
