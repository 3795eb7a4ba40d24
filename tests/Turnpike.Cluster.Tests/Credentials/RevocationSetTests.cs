using System.Diagnostics;
using CsCheck;

namespace Turnpike.Cluster.Tests;

public sealed class RevocationSetTests
{
    private static readonly Gen<string> Few = Gen.Int[0, 3].Select(i => "abc"[..Math.Min(i, 1)] + (i > 1 ? $"{i}" : ""));

    private static readonly Gen<Revocation> Revocations =
        from id in Gen.Int[0, 1_000_000]
        from kind in Gen.Enum<RevocationKind>()
        from realm in Few
        from value in Few
        from revokedAt in Gen.Long[0, 20]
        from expiresAt in Gen.Long[0, 20]
        select new Revocation($"{id}", kind, realm, kind == RevocationKind.Realm ? "" : value, revokedAt, expiresAt);

    private static readonly Gen<(string Realm, string Username, string User, string Tag, long? IssuedAt, long Now)> Questions =
        Gen.Select(Few, Few, Few, Few, Gen.Long[0, 20].Nullable(), Gen.Long[0, 20]);

    [Fact]
    public void The_set_agrees_with_a_naive_list()
    {
        Gen.Select(Revocations.List[0, 30], Questions.List[1, 20]).Sample((revocations, questions) =>
        {
            RevocationSet set = RevocationSet.From(revocations);
            Assert.Equal(revocations.Count, set.Count);
            foreach ((string realm, string username, string user, string tag, long? issuedAt, long now) in questions)
            {
                bool expected = revocations.Any(revocation => revocation.Realm == realm && now < revocation.ExpiresAt && revocation.Kind switch
                {
                    RevocationKind.Credential => revocation.Value == username,
                    RevocationKind.User => revocation.Value == user && Meant(revocation, issuedAt),
                    RevocationKind.Tag => tag.Length > 0 && revocation.Value == tag && Meant(revocation, issuedAt),
                    _ => Meant(revocation, issuedAt),
                });
                Assert.Equal(expected, set.IsRevoked(realm, username, user, tag, issuedAt, now));
            }
        });
    }

    [Fact]
    public void What_was_issued_after_a_revocation_is_not_meant_by_it()
    {
        RevocationSet set = RevocationSet.From([Make.Revocation("1", "alice", revokedAt: 1000)]);
        Assert.True(set.IsRevoked("acme", "x", "alice", "", 1000, 2000));
        Assert.False(set.IsRevoked("acme", "x", "alice", "", 1001, 2000));
        Assert.True(set.IsRevoked("acme", "x", "alice", "", null, 2000));
        Assert.False(set.IsRevoked("other", "x", "alice", "", 1000, 2000));
    }

    [Fact]
    public void The_empty_set_revokes_nothing()
    {
        Assert.False(RevocationSet.Empty.IsRevoked("", "", "", "", null, 0));
        Assert.Same(RevocationSet.Empty, RevocationSet.From([]));
    }

    [Fact]
    public void Asking_costs_the_same_however_many_there_are()
    {
        RevocationSet small = RevocationSet.From(Enumerable.Range(0, 10).Select(i => Make.Revocation($"{i}", $"user{i}")));
        RevocationSet large = RevocationSet.From(Enumerable.Range(0, 100_000).Select(i => Make.Revocation($"{i}", $"user{i}")));
        // One user revoked a thousand times weighs no more than once.
        RevocationSet deep = RevocationSet.From(Enumerable.Range(0, 10_000).Select(i => Make.Revocation($"{i}", "user5", i)));
        TimeSpan few = Fastest(small);
        Assert.True(Fastest(large) < few * 10, "100 000 revocations");
        Assert.True(Fastest(deep) < few * 10, "one user revoked 10 000 times");
    }

    private static bool Meant(Revocation revocation, long? issuedAt) => issuedAt is null || issuedAt <= revocation.RevokedAt;

    // The fastest of several runs: the machine does other things as well.
    private static TimeSpan Fastest(RevocationSet set)
    {
        TimeSpan fastest = TimeSpan.MaxValue;
        for (int run = 0; run < 10; run++)
        {
            long started = Stopwatch.GetTimestamp();
            for (int i = 0; i < 20_000; i++)
            {
                set.IsRevoked("acme", "name", "nobody", "tag", null, 0);
            }
            TimeSpan taken = Stopwatch.GetElapsedTime(started);
            fastest = taken < fastest ? taken : fastest;
        }
        return fastest;
    }
}
