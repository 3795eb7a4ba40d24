using System.Security.Cryptography;
using StackExchange.Redis;
using Turnpike.Interop.Processes;
using Turnpike.LoadTest.Turn;

namespace Turnpike.Cluster.Interop.Fleet;

/// <summary>A realm of the cluster: its secrets, the credentials that the API would issue for it, and what the store knows about it.</summary>
internal sealed class Tenant(ClusterStore store, string name, RealmPolicy policy)
{
    private readonly RealmStore _realms = new(store);
    private readonly RevocationStore _revocations = new(store);
    private readonly UsageStore _usage = new(store);
    private RealmRecord _record = new() { Name = name, Version = 0, Secrets = [], Policy = policy };

    public string Name => name;

    private static long Now => TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();

    public static RealmSecret NewSecret(string id) => new(id, RandomNumberGenerator.GetBytes(32), 0, long.MaxValue);

    /// <summary>Replaces the secrets; the first one signs from now on.</summary>
    public async Task PutSecretsAsync(params IReadOnlyList<RealmSecret> secrets)
    {
        _record = _record with { Secrets = secrets };
        _record = _record with { Version = await _realms.PutAsync(_record, expectedVersion: null) };
    }

    /// <summary>The secrets that verify now.</summary>
    public IReadOnlyList<RealmSecret> Secrets => _record.Secrets;

    /// <summary>A credential as the API issues it.</summary>
    public (string User, string Password) Issue(string user, string tag = "") =>
        IssuedCredential.Issue(_record, user, tag, TimeSpan.FromHours(1), Now, separator: ':');

    /// <summary>The same for a relayed call.</summary>
    public TurnCredential IssueForCall(string user, string tag = "")
    {
        (string username, string password) = Issue(user, tag);
        return new TurnCredential(username, password);
    }

    public Task RevokeAsync(RevocationKind kind, string value) =>
        _revocations.AddAsync(new Revocation(Guid.NewGuid().ToString("N"), kind, name, value, Now, Now + 3600));

    /// <summary>Allocations of each user, as the cluster counts them.</summary>
    public async Task<IReadOnlyDictionary<string, int>> CountsAsync()
    {
        HashEntry[] entries = await store.QueryAsync(database =>
            database.HashGetAllAsync(store.Keys.Quota(name, "users"), CommandFlags.DemandMaster));
        return entries.ToDictionary(entry => entry.Name.ToString(), entry => (int)entry.Value);
    }

    /// <summary>Waits until the cluster counts exactly these; the reason of a failure is what it counts instead.</summary>
    public async Task UntilCountsAsync(IReadOnlyDictionary<string, int> expected, TimeSpan deadline)
    {
        string last = "";
        try
        {
            await Deadline.UntilAsync("the counts of the cluster", deadline, async () =>
            {
                last = Text(await CountsAsync());
                return last == Text(expected);
            });
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{e.Message}: expected {Text(expected)}, counted {last}");
        }
    }

    /// <summary>The usage of today, and of the neighbouring days in case it is midnight.</summary>
    public async Task<UsageAmount> UsageAsync(UsageBucket bucket = UsageBucket.Day, UsageBy by = UsageBy.Realm)
    {
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        IReadOnlyList<UsageRow> rows = await _usage.ReadAsync(name, bucket, now.AddDays(-1), now.AddDays(1), by);
        return rows.Aggregate(default(UsageAmount), (sum, row) => sum + row.Amount);
    }

    /// <summary>Waits until all but a part of what was relayed is billed. More than that is never right, not even for a moment.</summary>
    public async Task UntilBilledAsync(long relayed, long unbilledAtLeast, long unbilledAtMost, TimeSpan deadline)
    {
        long missing = 0;
        try
        {
            await Deadline.UntilAsync("the usage", deadline, async () =>
            {
                missing = relayed - (await UsageAsync()).Bytes;
                Assert.True(missing >= unbilledAtLeast, $"{unbilledAtLeast - missing} bytes too many are billed, of {relayed} relayed");
                return missing <= unbilledAtMost;
            });
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{e.Message}: {missing} of {relayed} relayed bytes are not billed, {unbilledAtMost} may be");
        }
    }

    private static string Text(IReadOnlyDictionary<string, int> counts) =>
        string.Join(", ", counts.Where(count => count.Value != 0).OrderBy(count => count.Key, StringComparer.Ordinal).Select(count => $"{count.Key}={count.Value}"));
}
