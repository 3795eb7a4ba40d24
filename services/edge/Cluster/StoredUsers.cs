using System.Collections.Concurrent;
using System.Text;
using Turnpike.Cluster;
using Turnpike.Edge.Transport;
using Turnpike.Protocol;
using Turnpike.Server;

namespace Turnpike.Edge.Cluster;

/// <summary>Where the keys of static users are read.</summary>
internal interface IUserLookup
{
    /// <summary>Whether it is worth asking.</summary>
    bool IsAvailable { get; }

    /// <exception cref="StoreException">There is no answer.</exception>
    Task<StaticUserRecord?> FindAsync(string username);

    /// <exception cref="StoreException">There is no answer.</exception>
    Task<StaticUserRecord?> FindByHashAsync(byte[] userHash);
}

/// <summary>
/// The cluster's static users. A shard is answered at once from memory, or later through its inbox; many that ask for one user cause one
/// look-up. While the store is away those in memory go on until their time is over.
/// </summary>
internal sealed partial class StoredUsers
{
    // A name that does not exist may be one that will; and somebody may try many.
    private static readonly TimeSpan UnknownFor = TimeSpan.FromSeconds(5);

    // Beyond these somebody is trying names, or the store is slow; either way more would only wait.
    private const int MaxLookups = 256;
    private const int MaxKept = 100_000;
    private const int MaxAttempts = 3;

    private readonly IUserLookup _store;
    private readonly TimeSpan _keptFor;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ConcurrentDictionary<string, Kept> _kept = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<Asker>> _lookups = new(StringComparer.Ordinal);
    private IReadOnlyList<IShardInbox> _shards = [];
    private int _version;

    /// <summary>Begins with nothing in memory.</summary>
    /// <param name="store">Where to look.</param>
    /// <param name="keptFor">How long what was found is good for.</param>
    /// <param name="time">The source of time.</param>
    /// <param name="logger">Where look-ups that fail are told.</param>
    public StoredUsers(IUserLookup store, TimeSpan keptFor, TimeProvider time, ILogger logger)
    {
        _store = store;
        _keptFor = keptFor;
        _time = time;
        _logger = logger;
    }

    /// <summary>What <see cref="Credential.KeyId"/> of a credential of these users says, which have no secret.</summary>
    public const string KeyId = "user";

    /// <summary>Requests that wait for a look-up now.</summary>
    public int Waiting
    {
        get
        {
            lock (_lookups)
            {
                return _lookups.Values.Sum(askers => askers.Count);
            }
        }
    }

    public void Serve(IReadOnlyList<IShardInbox> shards) => _shards = shards;

    /// <summary>Users have changed, and nobody says which: what is in memory is to be asked for again.</summary>
    public void Invalidate() => Interlocked.Increment(ref _version);

    public CredentialLookup Find(int shard, in CredentialQuery query, out Credential? credential)
    {
        credential = null;
        string name = query.UserHash.IsEmpty ? NameKey(Encoding.UTF8.GetString(query.Username)) : HashKey(query.UserHash);
        if (_kept.TryGetValue(name, out Kept? kept) && IsGood(kept))
        {
            credential = kept.User is null ? null : CredentialOf(kept.User, query.Algorithm);
            return credential is null ? CredentialLookup.Unknown : CredentialLookup.Found;
        }

        if (!_store.IsAvailable)
        {
            return CredentialLookup.Unavailable;
        }

        Asker asker = new(shard, query.Ticket, query.Algorithm);
        lock (_lookups)
        {
            if (_lookups.TryGetValue(name, out List<Asker>? askers))
            {
                askers.Add(asker);
                return CredentialLookup.Pending;
            }

            if (_lookups.Count >= MaxLookups)
            {
                return CredentialLookup.Unavailable;
            }

            _lookups.Add(name, [asker]);
        }

        string username = query.UserHash.IsEmpty ? Encoding.UTF8.GetString(query.Username) : "";
        byte[] hash = query.UserHash.ToArray();
        _ = Task.Run(() => LookUpAsync(name, username, hash));
        return CredentialLookup.Pending;
    }

    /// <summary>
    /// Whether a user still has the key that an allocation was made with. While the store is away an allocation that lives is not made
    /// to suffer from what is merely old in memory.
    /// </summary>
    public bool IsCurrent(Credential credential) =>
        _kept.TryGetValue(NameKey(credential.User), out Kept? kept)
        && kept.User is { } user
        && kept.Version == Volatile.Read(ref _version)
        && credential.Keys[0].Key.AsSpan().SequenceEqual(credential.Keys[0].Algorithm == PasswordAlgorithmId.Sha256 ? user.Sha256Key : user.Md5Key)
        && (IsGood(kept) || !_store.IsAvailable);

    private static string NameKey(string username) => $"n:{username}";

    private static string HashKey(ReadOnlySpan<byte> userHash) => $"h:{Convert.ToHexString(userHash)}";

    private static Credential CredentialOf(StaticUserRecord user, PasswordAlgorithmId algorithm) => new()
    {
        Username = Encoding.UTF8.GetBytes(user.Username),
        User = user.Username,
        KeyId = KeyId,
        Keys = [new LongTermCredentialKey(algorithm, algorithm == PasswordAlgorithmId.Sha256 ? user.Sha256Key : user.Md5Key)],
    };

    private bool IsGood(Kept kept) => kept.Version == Volatile.Read(ref _version) && _time.GetTimestamp() < kept.Until;

    private async Task LookUpAsync(string name, string username, byte[] hash)
    {
        CredentialLookup outcome = CredentialLookup.Unavailable;
        StaticUserRecord? user = null;
        try
        {
            // Users that change meanwhile may be this one.
            int version;
            int attempts = 0;
            do
            {
                version = Volatile.Read(ref _version);
                user = hash.Length == 0 ? await _store.FindAsync(username) : await _store.FindByHashAsync(hash);
            }
            while (version != Volatile.Read(ref _version) && ++attempts < MaxAttempts);

            outcome = user is null ? CredentialLookup.Unknown : CredentialLookup.Found;
            Keep(name, user);
            if (user is not null)
            {
                Keep(NameKey(user.Username), user);
            }
        }
        catch (StoreUnavailableException)
        {
            // Said once by the store itself.
        }
        catch (StoreRefusedException exception)
        {
            LogRefused(_logger, exception.Message);
        }
        finally
        {
            Answer(name, outcome, user);
        }
    }

    private void Keep(string name, StaticUserRecord? user)
    {
        if (_kept.Count >= MaxKept && !MakeRoom() && user is null)
        {
            return;
        }

        TimeSpan lifetime = user is null ? UnknownFor : _keptFor;
        long until = _time.GetTimestamp() + (long)(lifetime.TotalSeconds * _time.TimestampFrequency);
        _kept[name] = new Kept(user, until, Volatile.Read(ref _version));
    }

    /// <summary>Forgets what is old; false when there was nothing old.</summary>
    private bool MakeRoom()
    {
        int before = _kept.Count;
        foreach ((string name, Kept kept) in _kept)
        {
            if (!IsGood(kept))
            {
                _kept.TryRemove(name, out _);
            }
        }

        return _kept.Count < before;
    }

    private void Answer(string name, CredentialLookup outcome, StaticUserRecord? user)
    {
        List<Asker> askers;
        lock (_lookups)
        {
            _lookups.Remove(name, out askers!);
        }

        foreach (Asker asker in askers)
        {
            Credential? credential = user is null ? null : CredentialOf(user, asker.Algorithm);
            _shards[asker.Shard].Ask((server, now) => server.CompleteCredential(asker.Ticket, outcome, credential, now));
        }
    }

    [LoggerMessage(EventId = 1430, Level = LogLevel.Warning, Message = "The store refuses to look up a user: {Reason}")]
    private static partial void LogRefused(ILogger logger, string reason);

    private sealed record Kept(StaticUserRecord? User, long Until, int Version);

    private readonly record struct Asker(int Shard, long Ticket, PasswordAlgorithmId Algorithm);
}
