using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using Grpc.Core;
using Turnpike.Ctl.Calls;
using Turnpike.Ctl.Commands;
using Turnpike.Ctl.Output;

namespace Turnpike.Ctl;

/// <summary>The program: arguments in, an exit code out.</summary>
public static class Ctl
{
    /// <summary>It was done.</summary>
    public const int Done = 0;

    /// <summary>The control plane refused the call, or could not be reached.</summary>
    public const int CallFailed = 1;

    /// <summary>The command line is wrong; nothing was called.</summary>
    public const int WrongUsage = 2;

    private static readonly ParserConfiguration Parsing = new() { ResponseFileTokenReplacer = null }; // A user may be called @alice.

    public static async Task<int> RunAsync(string[] arguments, CtlConsole console, CancellationToken cancellation = default)
    {
        CommandTree tree = new(console);
        ParseResult parsed = tree.Root.Parse(arguments, Parsing);
        if (parsed.Action is ParseErrorAction)
        {
            foreach (ParseError error in parsed.Errors)
            {
                console.Error.WriteLine($"turnpikectl: {SafeText.Line(error.Message)}");
            }
            console.Error.WriteLine($"turnpikectl: `{Path(parsed.CommandResult)} --help` says more");
            return WrongUsage;
        }
        try
        {
            return await parsed.InvokeAsync(
                new InvocationConfiguration { Output = console.Out, Error = console.Error, EnableDefaultExceptionHandler = false }, cancellation);
        }
        catch (UsageException problem)
        {
            console.Error.WriteLine($"turnpikectl: {SafeText.Line(problem.Message)}");
            return WrongUsage;
        }
        catch (RpcException problem)
        {
            console.Error.WriteLine($"turnpikectl: {CallProblem.Line(problem, tree.Options.Connection(parsed))}");
            return CallFailed;
        }
        catch (OperationCanceledException)
        {
            console.Error.WriteLine("turnpikectl: interrupted");
            return CallFailed;
        }
        catch (IOException problem)
        {
            // Whoever read the results has gone, or a file cannot be read.
            console.Error.WriteLine($"turnpikectl: {SafeText.Line(problem.Message)}");
            return CallFailed;
        }
    }

    private static string Path(CommandResult command) =>
        command.Parent is CommandResult parent ? $"{Path(parent)} {command.Command.Name}" : "turnpikectl";
}
