using System.Net;
using System.Net.Sockets;
using Turnpike.ServiceDefaults.Settings;
using Turnpike.Standalone.Options;

namespace Turnpike.Standalone.Tests.Host;

/// <summary>A setting that cannot be served ends the start with code 1 and one line that names it.</summary>
public sealed class SettingsTests
{
    [Theory]
    [InlineData("--Standalone:StorePort=65536", "Standalone:StorePort")]
    [InlineData("--Standalone:StorPort=6379", "did you mean Standalone:StorePort?")]
    [InlineData("--Standalone:StorePassword=with,comma", "Standalone:StorePassword")]
    [InlineData("--Standalone:StoreMemory=1", "Standalone:StoreMemory")]
    [InlineData("--Cluster:Redis=127.0.0.1:6379", "brings its own store")]
    [InlineData("--Cluster:Hartbeat=1000", "did you mean Cluster:Heartbeat?")]
    [InlineData("--ControlPlane:DefaultRealm=another.example", "not Edge:Realm")]
    [InlineData("--ControlPlane:Tokens:0=admin", "ControlPlane:Tokens:0")]
    [InlineData("--Edge:Relm=example.org", "did you mean Edge:Realm?")]
    public async Task A_wrong_setting_is_one_clear_error(string argument, string named) => await AssertRefusesAsync(argument, named);

    [Fact]
    public async Task A_port_of_the_store_that_is_in_use_is_one_clear_error()
    {
        using Socket occupant = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        occupant.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        occupant.Listen();
        await AssertRefusesAsync($"--Standalone:StorePort={((IPEndPoint)occupant.LocalEndPoint!).Port}", "Standalone:StorePort");
    }

    [Fact]
    public async Task The_port_of_another_standalone_s_store_is_in_use()
    {
        await using StandaloneProcess first = await StandaloneProcess.StartAsync();
        await AssertRefusesAsync($"--Standalone:StorePort={IPEndPoint.Parse(first.Store.EndPoint).Port}", "Standalone:StorePort");
    }

    [Fact]
    public async Task Without_a_folder_for_temporary_files_there_is_one_clear_error()
    {
        await using StandaloneProcess standalone = new(StandaloneProcess.Trial, "/proc/none");
        await AssertRefusesAsync(standalone, "TMPDIR");
    }

    [Theory]
    [InlineData("--version", "turnpike-standalone 0.")]
    [InlineData("--help", "Standalone__StorePort")]
    [InlineData("--help", "Edge__Relay__MinPort")]
    [InlineData("--help", "Cluster__KeyPrefix")]
    public async Task Help_and_version_end_with_code_0(string argument, string expected)
    {
        await using StandaloneProcess standalone = new(argument);
        Assert.Equal(0, await standalone.ExitCodeAsync());
        Assert.Contains(expected, standalone.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_settings_table_of_the_readme_is_the_one_that_help_prints()
    {
        string[] help = SettingsHelp.Markdown(StandaloneSettings.Catalog).Split('\n');
        string[] expected = [.. help.Take(2), .. help.Where(line => line.StartsWith("| `Standalone:", StringComparison.Ordinal))];
        string[] readme = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "standalone-README.md"));
        Assert.Equal(expected, readme.SkipWhile(line => line != expected[0]).TakeWhile(line => line.StartsWith('|')));
    }

    private static async Task AssertRefusesAsync(string argument, string named)
    {
        await using StandaloneProcess standalone = new([.. StandaloneProcess.Trial, argument]);
        await AssertRefusesAsync(standalone, named);
    }

    private static async Task AssertRefusesAsync(StandaloneProcess standalone, string named)
    {
        Assert.Equal(1, await standalone.ExitCodeAsync());
        string line = Assert.Single(standalone.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("turnpike-standalone: ", line, StringComparison.Ordinal);
        Assert.Contains(named, line, StringComparison.Ordinal);
    }
}
