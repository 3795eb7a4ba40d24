using Turnpike.Interop.Processes;
using Turnpike.LoadTest.Bench;
using Turnpike.LoadTest.CommandLine;
using Turnpike.LoadTest.Measuring;
using Turnpike.LoadTest.Scenarios;

namespace Turnpike.Interop;

/// <summary>The relay in C that the edge is held against: a floor that does not relay what a client sends would flatter nobody but itself.</summary>
public sealed class ReferenceRelayTests(ReferenceRelayTests.BuiltReference built) : IClassFixture<ReferenceRelayTests.BuiltReference>
{
    private static readonly BenchUser User = new("alice", "wonderland");

    [Theory]
    [InlineData(true, "mixed", "--churn", "20", "--hold", "0.1")] // calls come and go while others carry trains
    [InlineData(true, "voice", "--direction", "pairs")]
    [InlineData(false, "mixed", "--churn", "20", "--hold", "0.1")]
    public async Task Calls_come_through_the_reference(bool trains, string scenario, params string[] more)
    {
        using var reference = new ReferenceServer(built.Executable, trains);
        reference.Start(CpuAffinity.Allowed()[0], User);
        string[] all =
        [
            "--scenario", scenario, "--calls", "4", "--seconds", "0.4", "--warmup", "0.1", "--server", reference.Endpoint.ToString(),
            "--user", User.Name, "--password", User.Password, .. more,
        ];
        CancellationToken stop = TestContext.Current.CancellationToken;
        ScenarioOptions options = await ScenarioArguments.ReadAsync(
            ParsedOptions.Parse(ScenarioArguments.Known, all), token: null, TimeProvider.System, stop);
        using var run = new ScenarioRun(options, TimeProvider.System) { QuietAfter = ScenarioAssert.Patience };
        ScenarioAssert.ComesThrough(await Task.Run(() => run.Execute(observer: null, stop), stop), options);
    }

    /// <summary>Built once, by the compiler that the benchmark takes, with its warnings as errors.</summary>
    public sealed class BuiltReference : IAsyncLifetime
    {
        private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

        private readonly string _folder = Directory.CreateTempSubdirectory("turnpike-reference-").FullName;

        public string Executable => Path.Combine(_folder, "turnpike-reference");

        public async ValueTask InitializeAsync()
        {
            await using ChildProcess compiler = ChildProcess.Start(
                "gcc", ["-O2", "-Wall", "-Wextra", "-Werror", "-o", Executable, Repository.ReferenceRelay]);
            Assert.True(await compiler.WaitForExitAsync(Patience) == 0, $"gcc refused it:\n{compiler.Output}");
        }

        public ValueTask DisposeAsync()
        {
            Directory.Delete(_folder, recursive: true);
            return ValueTask.CompletedTask;
        }
    }
}
