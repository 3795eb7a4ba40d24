using System.Globalization;
using Turnpike.Interop.Processes;

namespace Turnpike.Cluster.Interop.Fleet;

/// <summary>A wall clock that is wrong: a small library, compiled here and preloaded into an edge (skew.c).</summary>
internal sealed class Skew : IDisposable
{
    private static readonly TimeSpan CompileDeadline = TimeSpan.FromSeconds(30);

    private readonly string _directory;

    private Skew(string directory) => _directory = directory;

    public static async Task<Skew> CompileAsync()
    {
        var skew = new Skew(Directory.CreateTempSubdirectory("turnpike-skew-").FullName);
        string source = Path.Combine(AppContext.BaseDirectory, "skew.c");
        await using var compiler = ChildProcess.Start("gcc", ["-shared", "-fPIC", "-nostdlib", "-fno-builtin", "-o", skew.Library, source]);
        int exitCode = await compiler.WaitForExitAsync(CompileDeadline);
        Assert.True(exitCode == 0, $"gcc: exit code {exitCode}:\n{compiler.Output}");
        return skew;
    }

    /// <summary>The environment of an edge whose clock is so far ahead.</summary>
    public (string Key, string Value)[] Ahead(TimeSpan by) =>
    [
        ("LD_PRELOAD", Library),
        ("TURNPIKE_SKEW_SECONDS", ((long)by.TotalSeconds).ToString(CultureInfo.InvariantCulture)),
    ];

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private string Library => Path.Combine(_directory, "skew.so");
}
