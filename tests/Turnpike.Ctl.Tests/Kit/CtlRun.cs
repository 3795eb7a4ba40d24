using Google.Protobuf;
using Microsoft.Extensions.Time.Testing;

namespace Turnpike.Ctl.Tests.Kit;

/// <summary>One run of the program, with everything around it replaced.</summary>
internal sealed class CtlRun
{
    public static readonly DateTimeOffset Now = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    public Dictionary<string, string> Environment { get; } = [];

    public string Input { get; init; } = "";

    public bool Terminal { get; init; }

    public TimeProvider Time { get; init; } = new FakeTimeProvider(Now);

    public LineWriter Out { get; } = new();

    public LineWriter Error { get; } = new();

    /// <summary>Runs it; a problem must be told without a stack trace, and results go to the output alone.</summary>
    public async Task<int> RunAsync(string[] arguments, CancellationToken? cancellation = null)
    {
        CtlConsole console = new(Out, Error, new StringReader(Input), Terminal, InIsTerminal: false, name => Environment.GetValueOrDefault(name), Time);
        int exitCode = await Ctl.RunAsync(arguments, console, cancellation ?? TestContext.Current.CancellationToken);
        Assert.DoesNotContain("   at ", Out.ToString() + Error, StringComparison.Ordinal);
        return exitCode;
    }

    /// <summary>Calls a server.</summary>
    public Task<int> RunAsync(FakeControlPlane server, params string[] arguments) => RunAsync([.. arguments, "--server", server.Address]);

    /// <summary>The output as one JSON document of a message.</summary>
    public T Parse<T>()
        where T : IMessage, new() => JsonParser.Default.Parse<T>(Out.ToString());

    /// <summary>What went wrong, which is one line.</summary>
    public string Problem()
    {
        Assert.Empty(Out.ToString());
        string line = Assert.Single(Error.ToString().TrimEnd('\n').Split('\n'));
        Assert.StartsWith("turnpikectl: ", line, StringComparison.Ordinal);
        return line["turnpikectl: ".Length..];
    }
}
