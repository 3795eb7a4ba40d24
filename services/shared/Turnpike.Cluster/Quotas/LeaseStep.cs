using System.Diagnostics;
using System.Globalization;
using StackExchange.Redis;

namespace Turnpike.Cluster;

/// <summary>One call to the store for one scope. A scope has one under way at most.</summary>
internal abstract record LeaseStep
{
    private static readonly ClusterScript UpdateScript = ClusterScript.Load("lease-update");
    private static readonly ClusterScript RenewScript = ClusterScript.Load("lease-renew");
    private static readonly ClusterScript ReapScript = ClusterScript.Load("lease-reap");

    public required ClusterScript Script { get; init; }

    public required RedisKey[] Keys { get; init; }

    public required RedisValue[] Arguments { get; init; }

    /// <summary>The spans of those who wait for it, as far as they are traced.</summary>
    public IReadOnlyList<ActivityContext> Causes { get; init; } = [];

    /// <summary>Sets absolute counts, and asks for more.</summary>
    public sealed record Update(long Sequence, int UserLimit, List<UpdateItem> Items) : LeaseStep;

    /// <summary>Prolongs the lease and refreshes what the cluster counts.</summary>
    public sealed record Renew(ArraySegment<LeaseUser> Users) : LeaseStep;

    /// <summary>Takes apart a dead edge, or this one.</summary>
    public sealed record Reap(string Edge) : LeaseStep;

    /// <param name="User">The user.</param>
    /// <param name="Base">What it has.</param>
    /// <param name="Want">What it would like to have.</param>
    /// <param name="Last">The newest of its claims that this call asks for.</param>
    public readonly record struct UpdateItem(LeaseUser User, int Base, int Want, long Last);

    public static Update MakeUpdate(
        LeaseScope scope, long sequence, long acknowledged, bool join, int leaseMilliseconds, List<UpdateItem> items)
    {
        RedisValue[] arguments = new RedisValue[7 + (3 * items.Count)];
        arguments[0] = scope.Edge;
        arguments[1] = sequence;
        arguments[2] = acknowledged;
        arguments[3] = join ? 1 : 0;
        arguments[4] = leaseMilliseconds;
        arguments[5] = scope.UserLimit;
        arguments[6] = scope.ScopeLimit;
        for (int i = 0; i < items.Count; i++)
        {
            arguments[7 + (3 * i)] = items[i].User.Name;
            arguments[8 + (3 * i)] = items[i].Base;
            arguments[9 + (3 * i)] = items[i].Want;
        }
        return new Update(sequence, scope.UserLimit, items)
        {
            Script = UpdateScript,
            Keys = scope.KeysOf(scope.Edge),
            Arguments = arguments,
            Causes = CausesOf(items),
        };
    }

    private static List<ActivityContext> CausesOf(List<UpdateItem> items)
    {
        List<ActivityContext> causes = [];
        foreach (UpdateItem item in items)
        {
            if (item.Want > item.Base)
            {
                item.User.AddCauses(causes, StoreSpans.MaxLinks + 1);
            }
        }
        return causes;
    }

    public static Renew MakeRenew(LeaseScope scope, long acknowledged, int leaseMilliseconds, ArraySegment<LeaseUser> users)
    {
        RedisValue[] arguments = new RedisValue[3 + users.Count];
        arguments[0] = scope.Edge;
        arguments[1] = acknowledged;
        arguments[2] = leaseMilliseconds;
        for (int i = 0; i < users.Count; i++)
        {
            arguments[3 + i] = users[i].Name;
        }
        return new Renew(users) { Script = RenewScript, Keys = scope.KeysOf(scope.Edge), Arguments = arguments };
    }

    /// <param name="scope">The scope.</param>
    /// <param name="edge">Whose counts go.</param>
    /// <param name="count">About how many users at once.</param>
    /// <param name="sequence">Number of the call where it is this edge; null where it is a dead one.</param>
    /// <param name="cursor">Where to go on: 0, or the result of the call before.</param>
    public static Reap MakeReap(LeaseScope scope, string edge, int count, long? sequence, string cursor) => new(edge)
    {
        Script = ReapScript,
        Keys = scope.KeysOf(edge),
        Arguments = [edge, count, sequence?.ToString(CultureInfo.InvariantCulture) ?? "", cursor],
    };
}

/// <summary>Reads the results that the scripts document.</summary>
internal readonly struct LeaseReply(RedisResult result)
{
    private readonly RedisResult[] _parts = (RedisResult[])result!;

    /// <summary>False: the store does not know this edge as it knows itself.</summary>
    public bool IsKnown => (int)_parts[0] == 1;

    public int[] Held => (int[])_parts[2]!;

    public int[] Sums => (int[])_parts[^2]!;

    public string[] Expired => (string[])_parts[^1]!;
}
