using System.CommandLine;

namespace Turnpike.Ctl.Commands;

/// <summary>Every command.</summary>
public sealed class CommandTree
{
    private readonly CtlConsole _console;

    public CommandTree(CtlConsole console)
    {
        _console = console;
        Options = new CommonOptions(console);
        Root = new RootCommand("Issues and revokes TURN credentials, and shows and changes realms and edges, through Turnpike's control plane.");
        foreach (Option option in Options.All)
        {
            Root.Options.Add(option);
        }
        CredentialCommands.AddTo(this);
        RevocationCommands.AddTo(this);
        RealmCommands.AddTo(this);
        UserCommands.AddTo(this);
        UsageCommand.AddTo(this);
        EdgeCommands.AddTo(this);
        AllocationCommands.AddTo(this);
        EventsCommand.AddTo(this);
        WebhookCommands.AddTo(this);
        ScalingCommands.AddTo(this);
        TopCommand.AddTo(this);
        CompletionCommand.AddTo(this, console);
    }

    public RootCommand Root { get; }

    public CommonOptions Options { get; }

    /// <summary>Makes a command that only holds others.</summary>
    public static Command Group(Command parent, string name, string description)
    {
        Command group = new(name, description);
        parent.Subcommands.Add(group);
        return group;
    }

    /// <summary>Makes a command of options, arguments and what it does.</summary>
    public void Add(Command parent, string name, string description, IEnumerable<Symbol> symbols, Func<CommandContext, Task> run)
    {
        Command command = new(name, description);
        foreach (Symbol symbol in symbols)
        {
            if (symbol is Option option)
            {
                command.Options.Add(option);
            }
            else
            {
                command.Arguments.Add((Argument)symbol);
            }
        }
        command.SetAction(async (parsed, cancellation) =>
        {
            using CommandContext context = new(_console, Options, parsed, cancellation);
            await run(context);
            return Ctl.Done;
        });
        parent.Subcommands.Add(command);
    }
}
