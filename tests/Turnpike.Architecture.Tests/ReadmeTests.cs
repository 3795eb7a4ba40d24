using System.Text.RegularExpressions;

namespace Turnpike.Architecture.Tests;

/// <summary>A README that names what is not there is worse than none.</summary>
public sealed partial class ReadmeTests
{
    public static TheoryData<string> Readmes() => [.. Repository.Files("README.md").Select(Repository.Relative)];

    [Theory]
    [MemberData(nameof(Readmes))]
    public void Every_path_that_a_README_links_to_exists(string readme)
    {
        string folder = Path.GetDirectoryName(Path.Combine(Repository.Root, readme))!;
        IEnumerable<string> missing =
            from Match match in Link().Matches(File.ReadAllText(Path.Combine(Repository.Root, readme)))
            let target = match.Groups[1].Value
            where !target.Contains("://", StringComparison.Ordinal) && !target.StartsWith('#')
            let path = Path.Combine(folder, target.Split('#')[0])
            where !File.Exists(path) && !Directory.Exists(path)
            select target;
        Assert.Empty(missing);
    }

    [Theory]
    [MemberData(nameof(Readmes))]
    public void Every_path_that_a_README_names_in_code_exists(string readme)
    {
        string folder = Path.GetDirectoryName(Path.Combine(Repository.Root, readme))!;
        IEnumerable<string> missing =
            from Match match in CodePath().Matches(File.ReadAllText(Path.Combine(Repository.Root, readme)))
            let path = match.Groups[1].Value
            where !path.StartsWith("artifacts/", StringComparison.Ordinal)
            where !Exists(folder, path) && !Exists(Repository.Root, path)
            select path;
        Assert.Empty(missing);
    }

    [Fact]
    public void Every_target_that_a_README_tells_to_make_exists()
    {
        string makefile = File.ReadAllText(Path.Combine(Repository.Root, "Makefile"));
        IEnumerable<string> missing =
            from readme in Repository.Files("README.md")
            from Match match in MakeTarget().Matches(File.ReadAllText(readme))
            let target = match.Groups[1].Value
            where !Regex.IsMatch(makefile, $"^{target}:", RegexOptions.Multiline)
            select $"{Repository.Relative(readme)}: make {target}";
        Assert.Empty(missing);
    }

    private static bool Exists(string folder, string path)
    {
        string full = Path.Combine(folder, path);
        return File.Exists(full) || Directory.Exists(full);
    }

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    // A path in backticks that begins with a folder of the repository, or ends with a source file's name.
    [GeneratedRegex(@"`((?:services|charts|proto|tests|loadtest|artifacts)/[\w./-]+|[\w./-]+\.(?:cs|csproj|props|mjs|slnx))`")]
    private static partial Regex CodePath();

    [GeneratedRegex(@"`make ([a-z][a-z0-9-]*)")]
    private static partial Regex MakeTarget();
}
