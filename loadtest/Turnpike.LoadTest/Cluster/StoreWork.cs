namespace Turnpike.LoadTest.Cluster;

/// <summary>What a store has done since it started.</summary>
/// <param name="Commands">Calls of each command, those inside scripts included.</param>
/// <param name="CpuSeconds">CPU time, user and system.</param>
internal sealed record StoreWork(IReadOnlyDictionary<string, long> Commands, double CpuSeconds)
{
    // What is called by scripts is the store's own affair: a client pays for the script.
    private static readonly string[] Scripts = ["evalsha", "eval"];
    private static readonly string[] Looking = ["info", "ping", "client", "config", "cluster", "sentinel", "script", "hello", "auth", "select", "echo"];

    /// <summary>Microseconds that each command ran, those inside scripts included; reading and answering are not in it.</summary>
    public IReadOnlyDictionary<string, long> Microseconds { get; init; } = new Dictionary<string, long>();

    /// <summary>Bytes that the store has in use.</summary>
    public long MemoryBytes { get; init; }

    /// <summary>Microseconds that scripts ran since.</summary>
    public long ScriptMicrosecondsSince(StoreWork earlier) =>
        Scripts.Sum(command => Microseconds.GetValueOrDefault(command) - earlier.Microseconds.GetValueOrDefault(command));

    /// <summary>Scripts run since.</summary>
    public long ScriptsSince(StoreWork earlier) => Scripts.Sum(command => Since(earlier, command));

    public IReadOnlyDictionary<string, long> Since(StoreWork earlier) => Commands.Keys
        .Where(command => !Looking.Contains(command) && Since(earlier, command) > 0)
        .ToDictionary(command => command, command => Since(earlier, command));

    private long Since(StoreWork earlier, string command) => Commands.GetValueOrDefault(command) - earlier.Commands.GetValueOrDefault(command);
}
