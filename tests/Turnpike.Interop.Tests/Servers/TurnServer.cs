using System.Net;
using Turnpike.Interop.Processes;

namespace Turnpike.Interop.Servers;

/// <summary>A TURN server process under test.</summary>
internal abstract class TurnServer(ChildProcess process, IPEndPoint endPoint) : IAsyncDisposable
{
    protected static readonly TimeSpan StartDeadline = TimeSpan.FromSeconds(30);

    public ChildProcess Process { get; } = process;

    public IPEndPoint EndPoint { get; } = endPoint;

    public string Log => Process.Output;

    /// <summary>Bytes of memory that the process holds now.</summary>
    public async Task<long> ResidentBytesAsync()
    {
        string[] status = await File.ReadAllLinesAsync($"/proc/{Process.Id}/status", TestContext.Current.CancellationToken);
        string line = status.Single(l => l.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line["VmRSS:".Length..^"kB".Length], System.Globalization.CultureInfo.InvariantCulture) * 1024;
    }

    public virtual ValueTask DisposeAsync() => Process.DisposeAsync();
}
