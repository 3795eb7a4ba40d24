using Turnpike.LoadTest.Bench;
using Turnpike.LoadTest.Cluster;
using Turnpike.LoadTest.CommandLine;
using Turnpike.LoadTest.ControlPlane;
using Turnpike.LoadTest.Planning;
using Turnpike.LoadTest.Relay;
using Turnpike.LoadTest.Reports;
using Turnpike.LoadTest.Simulation;
using Turnpike.LoadTest.Store;

namespace Turnpike.LoadTest.Tests;

/// <summary>Where results go: nobody waits half an hour to learn that they cannot be written.</summary>
public sealed class ResultPathTests
{
    [Theory]
    [InlineData("relay", "--json", "--server", "127.0.0.1:9", "--secret", "s")]
    [InlineData("cluster", "--json")]
    [InlineData("store", "--json")]
    [InlineData("control-plane", "--json")]
    [InlineData("plan", "--json")]
    [InlineData("bench", "--json")]
    [InlineData("bench", "--plots")]
    [InlineData("bench", "--plots", "--from", "/nonexistent/result.json")]
    [InlineData("simulate", "--output")]
    [InlineData("compare", "--report", "/nonexistent/a.json", "/nonexistent/b.json")]
    public async Task A_result_that_cannot_be_written_is_said_before_anything_is_done(string command, string option, params string[] more)
    {
        foreach (string path in (string[])["/proc/turnpike/result", ""])
        {
            var refused = await Assert.ThrowsAsync<UsageException>(() => RunAsync(command, [option, path, .. more]));
            Assert.StartsWith(option, refused.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_folder_is_made_and_proved_and_nothing_is_left_in_it()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            string made = Path.Combine(folder, "new");
            ResultFolder.Prepare(made, "plots");
            Assert.Empty(Directory.GetFileSystemEntries(made));
            File.WriteAllText(Path.Combine(folder, "file"), "");
            Assert.Throws<UsageException>(() => ResultFolder.Prepare(Path.Combine(folder, "file"), "plots"));

            Directory.CreateDirectory(Path.Combine(made, "a.svg")); // no file can be written over it
            Assert.False(ResultFolder.TryWrite(made, [("a.svg", "a"), ("b.svg", "b")], "plots"));
            Assert.Equal("b\n", File.ReadAllText(Path.Combine(made, "b.svg")));
            Assert.True(ResultFolder.TryWrite(null, [("a.svg", "a")], "plots"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static Task<int> RunAsync(string command, string[] arguments)
    {
        CancellationToken stop = TestContext.Current.CancellationToken;
        return command switch
        {
            "cluster" => ClusterCommand.RunAsync(arguments, stop),
            "store" => StoreCommand.RunAsync(arguments, stop),
            "control-plane" => ControlPlaneCommand.RunAsync(arguments, stop),
            _ => Task.Run(
                () => command switch
                {
                    "relay" => RelayCommand.Run(arguments, stop),
                    "plan" => PlanCommand.Run(arguments),
                    "bench" => BenchCommand.Run(arguments, stop),
                    "simulate" => SimulateCommand.Run(arguments, stop),
                    "compare" => CompareCommand.Run(arguments),
                    _ => throw new ArgumentOutOfRangeException(nameof(command)),
                },
                stop),
        };
    }
}
