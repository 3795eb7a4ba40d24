using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Turnpike.Cluster;
using Turnpike.Edge.Cluster;
using Turnpike.Edge.Tests.Streams;
using Turnpike.Protocol;
using Turnpike.Server;

namespace Turnpike.Edge.Tests.Cluster;

public sealed class StoredUsersTests
{
    private static readonly StaticUserRecord Alice = new("alice", [1, 1], [2, 2]);

    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddYears(50));
    private readonly FakeLookup _store = new();
    private readonly FakeShard _shard = new();
    private readonly StoredUsers _users;

    public StoredUsersTests()
    {
        _users = new StoredUsers(_store, TimeSpan.FromSeconds(300), _time, NullLogger.Instance);
        _users.Serve([_shard]);
        _store.Users["alice"] = Alice;
    }

    [Fact]
    public async Task A_user_is_looked_up_once_and_kept()
    {
        Assert.Equal(CredentialLookup.Pending, Find("alice").Lookup);
        await AnsweredAsync();
        (CredentialLookup lookup, Credential? credential) = Find("alice");
        Assert.Equal(CredentialLookup.Found, lookup);
        Assert.Equal("alice", credential!.User);
        Assert.Equal(Alice.Md5Key, Assert.Single(credential.Keys).Key);
        _time.Advance(TimeSpan.FromSeconds(299));
        Assert.Equal(CredentialLookup.Found, Find("alice").Lookup);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(CredentialLookup.Pending, Find("alice").Lookup);
        await AnsweredAsync();
        Assert.Equal(2, _store.Asked);
    }

    [Fact]
    public async Task A_user_that_does_not_exist_is_unknown_for_five_seconds()
    {
        Assert.Equal(CredentialLookup.Pending, Find("bob").Lookup);
        await AnsweredAsync();
        Assert.Equal(CredentialLookup.Unknown, Find("bob").Lookup);
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(CredentialLookup.Pending, Find("bob").Lookup);
    }

    [Fact]
    public async Task Many_that_ask_for_one_user_cause_one_look_up_and_are_all_answered()
    {
        _store.Hold();
        for (int i = 0; i < 50; i++)
        {
            Assert.Equal(CredentialLookup.Pending, Find("alice", ticket: i + 1).Lookup);
        }
        Assert.Equal(50, _users.Waiting);
        _store.Release();
        await Eventually.EqualAsync(50, () => _shard.Count);
        Assert.Equal(1, _store.Asked);
        Assert.Equal(0, _users.Waiting);
    }

    [Fact]
    public void Look_ups_in_flight_are_bounded()
    {
        _store.Hold();
        for (int i = 0; i < 256; i++)
        {
            Assert.Equal(CredentialLookup.Pending, Find($"user-{i}").Lookup);
        }
        Assert.Equal(CredentialLookup.Unavailable, Find("one-more").Lookup);
        Assert.Equal(CredentialLookup.Pending, Find("user-0").Lookup);
        _store.Release();
    }

    [Fact]
    public async Task While_the_store_is_away_those_in_memory_go_on_until_their_time_is_over_and_others_are_not_known()
    {
        Find("alice");
        await AnsweredAsync();
        _store.IsAvailable = false;
        Assert.Equal(CredentialLookup.Unavailable, Find("bob").Lookup);
        _time.Advance(TimeSpan.FromSeconds(299));
        Assert.Equal(CredentialLookup.Found, Find("alice").Lookup);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(CredentialLookup.Unavailable, Find("alice").Lookup);
    }

    [Fact]
    public async Task A_live_allocation_does_not_suffer_from_what_is_merely_old_while_the_store_is_away()
    {
        Find("alice");
        await AnsweredAsync();
        Credential credential = Find("alice").Credential!;
        _time.Advance(TimeSpan.FromSeconds(301));
        Assert.False(_users.IsCurrent(credential)); // it is looked up again
        _store.IsAvailable = false;
        Assert.True(_users.IsCurrent(credential));
        _users.Invalidate();
        Assert.False(_users.IsCurrent(credential));
    }

    [Fact]
    public async Task A_change_of_users_has_them_looked_up_again()
    {
        Find("alice");
        await AnsweredAsync();
        Credential before = Find("alice").Credential!;
        Assert.True(_users.IsCurrent(before));
        _store.Users["alice"] = Alice with { Md5Key = [9, 9] };
        _users.Invalidate();
        Assert.False(_users.IsCurrent(before));
        Assert.Equal(CredentialLookup.Pending, Find("alice").Lookup);
        await AnsweredAsync();
        Assert.False(_users.IsCurrent(before));
        Assert.True(_users.IsCurrent(Find("alice").Credential!));
    }

    [Fact]
    public async Task A_change_while_a_user_is_looked_up_is_not_missed()
    {
        _store.Hold();
        Find("alice");
        await Eventually.EqualAsync(1, () => _store.Asked);
        _store.Users.Remove("alice");
        _users.Invalidate();
        _store.Release();
        await AnsweredAsync();
        Assert.Equal(CredentialLookup.Unknown, Find("alice").Lookup);
        Assert.Equal(2, _store.Asked);
    }

    [Fact]
    public async Task A_user_is_found_by_the_hash_of_its_name()
    {
        byte[] hash = UserStore.UserHash("turnpike", "alice");
        Assert.Equal(CredentialLookup.Pending, FindByHash(hash).Lookup);
        await AnsweredAsync();
        (CredentialLookup lookup, Credential? credential) = FindByHash(hash);
        Assert.Equal(CredentialLookup.Found, lookup);
        Assert.Equal(Alice.Sha256Key, Assert.Single(credential!.Keys).Key);
        Assert.Equal("alice", Encoding.ASCII.GetString(credential.Username));
        Assert.True(_users.IsCurrent(credential));
    }

    [Fact]
    public async Task A_look_up_that_fails_is_answered_and_not_kept()
    {
        _store.Fails = true;
        Assert.Equal(CredentialLookup.Pending, Find("alice").Lookup);
        await AnsweredAsync();
        _store.Fails = false;
        Assert.Equal(CredentialLookup.Pending, Find("alice").Lookup);
    }

    private (CredentialLookup Lookup, Credential? Credential) Find(string name, long ticket = 1)
    {
        CredentialQuery query = new() { Username = Encoding.UTF8.GetBytes(name), Algorithm = PasswordAlgorithmId.Md5, Ticket = ticket };
        return (_users.Find(0, query, out Credential? credential), credential);
    }

    private (CredentialLookup Lookup, Credential? Credential) FindByHash(byte[] hash)
    {
        CredentialQuery query = new() { UserHash = hash, Algorithm = PasswordAlgorithmId.Sha256, Ticket = 1 };
        return (_users.Find(0, query, out Credential? credential), credential);
    }

    private async Task AnsweredAsync()
    {
        await Eventually.TrueAsync(() => _shard.Count > 0);
        _shard.Run();
    }

    /// <summary>Users in memory, whose answers can be held back.</summary>
    private sealed class FakeLookup : IUserLookup
    {
        private TaskCompletionSource? _held;
        private int _asked;

        public Dictionary<string, StaticUserRecord> Users { get; } = [];

        public bool IsAvailable { get; set; } = true;

        public bool Fails { get; set; }

        public int Asked => Volatile.Read(ref _asked);

        public void Hold() => _held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Release() => _held!.SetResult();

        public Task<StaticUserRecord?> FindAsync(string username) => AnswerAsync(() => Users.GetValueOrDefault(username));

        public Task<StaticUserRecord?> FindByHashAsync(byte[] userHash) => AnswerAsync(
            () => Users.Values.FirstOrDefault(user => UserStore.UserHash("turnpike", user.Username).AsSpan().SequenceEqual(userHash)));

        private async Task<StaticUserRecord?> AnswerAsync(Func<StaticUserRecord?> find)
        {
            StaticUserRecord? found = find();
            Interlocked.Increment(ref _asked);
            if (_held is { } held)
            {
                await held.Task;
            }
            return Fails ? throw new StoreUnavailableException("away") : found;
        }
    }
}
