using System.Xml.Linq;

namespace Turnpike.Architecture.Tests;

/// <summary>The arrows between the projects point one way; this is the whole list of them.</summary>
public sealed class ProjectReferenceTests
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Turnpike.Protocol"] = [],
        ["Turnpike.Sockets"] = [],
        ["Turnpike.Scaling"] = [],
        ["Turnpike.ServiceDefaults"] = [],
        ["Turnpike.Server"] = ["Turnpike.Protocol"],
        ["Turnpike.Cluster"] = ["Turnpike.Protocol", "Turnpike.ServiceDefaults"],
        ["Turnpike.Contracts"] = [],
        ["Turnpike.ControlPlane"] = ["Turnpike.Cluster", "Turnpike.Contracts", "Turnpike.Protocol", "Turnpike.Scaling", "Turnpike.ServiceDefaults"],
        ["Turnpike.Ctl"] = ["Turnpike.Contracts"],
        ["Turnpike.Edge"] = ["Turnpike.Cluster", "Turnpike.Protocol", "Turnpike.Server", "Turnpike.ServiceDefaults", "Turnpike.Sockets"],
        ["Turnpike.Standalone"] = ["Turnpike.Cluster", "Turnpike.ControlPlane", "Turnpike.Edge", "Turnpike.ServiceDefaults"],
        ["Turnpike.LoadTest"] = ["Turnpike.Cluster", "Turnpike.Contracts", "Turnpike.Protocol", "Turnpike.Scaling", "Turnpike.Sockets"],
    };

    public static TheoryData<string> ProductProjects() =>
        [.. Repository.Files("*.csproj").Select(Repository.Relative).Where(path => !path.StartsWith("tests/", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(ProductProjects))]
    public void A_project_references_only_what_the_architecture_allows(string path)
    {
        string name = Path.GetFileNameWithoutExtension(path);
        Assert.True(Allowed.ContainsKey(name), $"{path} has no line in the list of allowed references.");
        IEnumerable<string> references = XDocument.Load(Path.Combine(Repository.Root, path))
            .Descendants("ProjectReference")
            .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/')));
        Assert.Empty(references.Except(Allowed[name]));
    }

    [Fact]
    public void The_projects_without_IO_have_no_packages()
    {
        foreach (string name in (string[])["Turnpike.Protocol", "Turnpike.Scaling", "Turnpike.Server"])
        {
            XDocument project = XDocument.Load(Path.Combine(Repository.Root, "services", "shared", name, $"{name}.csproj"));
            Assert.Empty(project.Descendants("PackageReference"));
            Assert.Empty(project.Descendants("FrameworkReference"));
        }
    }

    [Fact]
    public void Every_project_is_in_the_solution()
    {
        string solution = File.ReadAllText(Path.Combine(Repository.Root, "Turnpike.slnx"));
        Assert.All(Repository.Files("*.csproj"), file => Assert.Contains($"\"{Repository.Relative(file)}\"", solution, StringComparison.Ordinal));
    }

    [Fact]
    public void Versions_of_packages_stand_in_one_file()
    {
        Assert.All(Repository.Files("*.csproj"), file => Assert.DoesNotContain(
            XDocument.Load(file).Descendants("PackageReference"), reference => reference.Attribute("Version") is not null));
    }

    [Fact]
    public void Lock_files_name_no_download_address()
    {
        IEnumerable<string> locks = Repository.Files("packages.lock.json").Concat(Repository.Files("package-lock.json"));
        Assert.All(locks, file => Assert.DoesNotContain("://", WithoutFunding(File.ReadAllText(file)), StringComparison.Ordinal));
    }

    // npm copies each package's own "funding" page into its lock file; that is no place that anything is fetched from.
    private static string WithoutFunding(string text) =>
        string.Join('\n', text.Split('\n').Where(line => !line.Contains("\"url\":", StringComparison.Ordinal)));
}
