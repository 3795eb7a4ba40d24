using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Turnpike.Interop.Processes;
using Turnpike.Interop.Servers;

namespace Turnpike.Interop.Clients;

/// <summary>
/// A run of Debian's <c>turnutils_uclient</c>. The verdict is in what it prints: it exits 0 with half of its messages lost, and
/// with -1 when one of its sockets closes early.
/// </summary>
internal sealed partial class Uclient : IAsyncDisposable
{
    private static readonly TimeSpan RunDeadline = TimeSpan.FromSeconds(60);

    private readonly ChildProcess _process;

    private Uclient(ChildProcess process) => _process = process;

    public bool HasEnded => _process.HasExited;

    /// <summary>Starts a run with the right credentials; <paramref name="arguments"/> come before the server's address.</summary>
    public static Uclient Start(IPEndPoint server, params string[] arguments) =>
        StartAs(ServerSettings.User, ServerSettings.Password, server, arguments);

    public static Uclient StartAs(string user, string password, IPEndPoint server, params string[] arguments)
    {
        // stdbuf lets a test follow the progress: into a pipe the client would print everything at its end.
        string port = server.Port.ToString(CultureInfo.InvariantCulture);
        string[] all = ["-oL", "turnutils_uclient", "-v", "-u", user, "-w", password, "-p", port, .. arguments, server.Address.ToString()];
        return new Uclient(ChildProcess.Start("stdbuf", all));
    }

    /// <summary>Runs to the end.</summary>
    public static async Task<UclientResult> RunAsync(IPEndPoint server, params string[] arguments)
    {
        await using var run = Start(server, arguments);
        return await run.WaitForResultAsync();
    }

    /// <summary>The arguments that make the client send to an echo peer.</summary>
    public static string[] To(IPEndPoint peer) =>
        ["-e", peer.Address.ToString(), "-r", peer.Port.ToString(CultureInfo.InvariantCulture)];

    /// <summary>Returns once messages flow.</summary>
    public Task WaitForTrafficAsync() =>
        _process.WaitForLineAsync(line => Progress().Match(line) is { Success: true } match && match.Groups[1].Value != "0", RunDeadline);

    public async Task<UclientResult> WaitForResultAsync()
    {
        await _process.WaitForExitAsync(RunDeadline);
        return new UclientResult(_process.Output);
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    [GeneratedRegex(@"msz=\d+, tot_send_msgs=(\d+)")]
    private static partial Regex Progress();
}
