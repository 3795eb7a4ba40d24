using System.CommandLine;
using Turnpike.Ctl.Calls;
using Turnpike.Ctl.Output;

namespace Turnpike.Ctl.Commands;

/// <summary>What a command works with: its arguments, the control plane, and where the result goes.</summary>
public sealed class CommandContext(CtlConsole console, CommonOptions options, ParseResult parsed, CancellationToken cancellation) : IDisposable
{
    private ControlPlane? _server;

    public CtlConsole Console => console;

    public CommonOptions Options => options;

    /// <summary>How the control plane is called.</summary>
    public Connection Connection { get; } = options.Connection(parsed);

    /// <summary>The control plane; nothing is connected before the first call.</summary>
    public ControlPlane Server => _server ??= new ControlPlane(Connection);

    public Printer Printer { get; } = new(console, options.Json(parsed));

    /// <summary>Fires when the user has had enough.</summary>
    public CancellationToken Cancellation => cancellation;

    public T? Get<T>(Option<T> option) => parsed.GetValue(option);

    public T Get<T>(Argument<T> argument) => parsed.GetRequiredValue(argument);

    public void Dispose() => _server?.Dispose();
}
