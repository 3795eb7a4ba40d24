using Turnpike.Ctl.Tests.Kit;

namespace Turnpike.Ctl.Tests;

/// <summary>A wrong command line is told before anything is called, and ends with exit code 2.</summary>
public sealed class UsageTests
{
    [Theory]
    [InlineData("revoke", "exactly one of")]
    [InlineData("revoke --user a --tag b", "exactly one of")]
    [InlineData("issue --ttl soon", "--ttl: soon is no length of time")]
    [InlineData("issue --timeout 0", "--timeout: 0 is no length of time")]
    [InlineData("issue --timeout 2h", "--timeout: 2h is no length of time")]
    [InlineData("issue --server localhost", "--server: localhost is no address")]
    [InlineData("issue --server http://127.0.0.1:1/api", "no address")]
    [InlineData("issue --server ftp://127.0.0.1", "no address")]
    [InlineData("issue --token a --token-file b", "one of the two")]
    [InlineData("issue --token-file /nowhere/at/all", "--token-file: Could not find")]
    [InlineData("usage --key a", "--by says what it is")]
    [InlineData("usage --since yesterday", "--since: yesterday is no moment")]
    [InlineData("allocations terminate a1", "a1 is no allocation")]
    [InlineData("allocations terminate edges//allocations/1", "is no allocation")]
    [InlineData("users put alice", "the password is read from the input's first line")]
    [InlineData("realms secret add acme --value", "the secret is read from the input's first line")]
    [InlineData("top", "top draws on a terminal")]
    public async Task What_cannot_be_is_told_in_one_line(string line, string problem)
    {
        CtlRun program = new();
        Assert.Equal(2, await program.RunAsync(line.Split(' ')));
        Assert.Contains(problem, program.Problem(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "Required command")]
    [InlineData("isue", "'isue'")]
    [InlineData("realms", "Required command")]
    [InlineData("realms get", "Required argument 'realm' missing")]
    [InlineData("realms update acme", "--set")]
    [InlineData("issue --output xml", "'xml'")]
    [InlineData("issue --transport udp,quic", "quic is unknown; allowed: udp, tcp, tls, dtls")]
    [InlineData("issue --port http", "'http'")]
    [InlineData("usage --bucket week", "'week'")]
    [InlineData("explain --load half", "--load: half is no number; allowed: numbers such as 2 or 0.5")]
    [InlineData("explain --max -1", "--max: -1 is no whole number from 0")]
    [InlineData("events --kind party", "party is unknown; allowed: allocation-started")]
    [InlineData("realms list --limit -1", "--limit: a negative number")]
    [InlineData("realms list --no-such-option", "'--no-such-option'")]
    [InlineData("completion tcsh", "'tcsh'")]
    public async Task What_cannot_be_parsed_is_told_with_the_way_to_help(string line, string problem)
    {
        CtlRun program = new();
        Assert.Equal(2, await program.RunAsync(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)));
        Assert.Empty(program.Out.ToString());
        string error = program.Error.ToString();
        Assert.Contains(problem, error, StringComparison.Ordinal);
        Assert.All(error.TrimEnd('\n').Split('\n'), each => Assert.StartsWith("turnpikectl: ", each, StringComparison.Ordinal));
        Assert.Contains("--help` says more", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_command_explains_itself()
    {
        Queue<System.CommandLine.Command> commands = new([new Commands.CommandTree(CtlConsole.OfProcess()).Root]);
        while (commands.TryDequeue(out System.CommandLine.Command? command))
        {
            Assert.False(string.IsNullOrEmpty(command.Description), command.Name);
            Assert.All(command.Options, option => Assert.False(string.IsNullOrEmpty(option.Description), $"{command.Name} {option.Name}"));
            Assert.All(command.Arguments, argument => Assert.False(string.IsNullOrEmpty(argument.Description), $"{command.Name} {argument.Name}"));
            foreach (System.CommandLine.Command inner in command.Subcommands)
            {
                commands.Enqueue(inner);
            }
        }
        CtlRun program = new();
        Assert.Equal(0, await program.RunAsync(["realms", "update", "--help"]));
        Assert.Contains("bytes_per_realm.period", program.Out.ToString(), StringComparison.Ordinal);
    }
}
