namespace Turnpike.Edge.Tests.Host;

/// <summary>services/edge/README.md, copied beside the tests by the build.</summary>
internal static class Readme
{
    public static string[] Lines() => File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "edge-README.md"));
}
