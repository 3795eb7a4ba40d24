using System.Buffers.Text;
using System.Text;
using Turnpike.Cluster;
using Turnpike.Edge.Options;
using Turnpike.Edge.Transport;
using Turnpike.Server;

namespace Turnpike.Edge.Cluster;

/// <summary>
/// Where the long-term keys of an edge in a cluster come from. In this order: users of the settings; credentials that the control plane
/// issued, whose username says realm and secret; TURN REST credentials of the edge's own realm; static users of the store. Only the last
/// have to be looked up; whatever was revoked is refused.
/// </summary>
/// <param name="settings">The edge's own secrets and users.</param>
/// <param name="realms">The realms and their secrets.</param>
/// <param name="revocations">What is revoked now.</param>
/// <param name="users">The static users of the store.</param>
/// <param name="isLoaded">Whether the store has been read once; before that nobody can tell who is unknown.</param>
internal sealed class ClusterCredentials(
    EdgeSettings settings, RealmTable realms, Func<RevocationSet> revocations, StoredUsers users, Func<bool> isLoaded)
{
    // What is beyond the realm's limit by less than clocks may differ was issued in good faith.
    private const long Skew = 60;

    private readonly StaticUsers _own = PolicyFactory.Users(settings);

    /// <summary>The source for one shard, whose inbox late answers go to.</summary>
    /// <param name="shard">Its number.</param>
    public ICredentialSource For(int shard) => new ShardSource(this, shard);

    private CredentialLookup Find(int shard, in CredentialQuery query, out Credential? credential)
    {
        CredentialLookup lookup = Choose(shard, query, out credential);
        if (lookup == CredentialLookup.Found && IsRevoked(credential!, query.UnixNow))
        {
            credential = null;
            return CredentialLookup.Revoked;
        }

        return lookup;
    }

    private CredentialLookup Choose(int shard, in CredentialQuery query, out Credential? credential)
    {
        if (_own.Find(query, out credential) == CredentialLookup.Found)
        {
            return CredentialLookup.Found;
        }

        if (IssuedUsername.TryParse(query.Username, settings.CredentialSeparator, out IssuedUsername? issued))
        {
            return FindIssued(issued!, query, out credential);
        }

        return TryReadExpiry(query.Username, out long expiresAt, out ReadOnlySpan<byte> user)
            ? FindRest(shard, query, expiresAt, user, out credential)
            : users.Find(shard, query, out credential);
    }

    private CredentialLookup FindIssued(IssuedUsername issued, in CredentialQuery query, out Credential? credential)
    {
        credential = null;
        if (!realms.Realms.TryGetValue(issued.Realm, out ServedRealm? realm)
            || realm.Secrets.Find(issued.KeyId, query.UnixNow) is not { } secret)
        {
            return isLoaded() ? CredentialLookup.Unknown : CredentialLookup.Unavailable;
        }

        CredentialLookup lookup = secret.Verifier.Find(query, out Credential? found);
        if (lookup != CredentialLookup.Found)
        {
            return lookup;
        }

        credential = new Credential
        {
            Username = found!.Username,
            User = issued.User,
            Realm = realm.Name,
            Tag = issued.Tag,
            KeyId = secret.Mark,
            IssuedAt = issued.IssuedAt,
            ExpiresAt = found.ExpiresAt,
            Keys = found.Keys,
        };
        return CredentialLookup.Found;
    }

    private CredentialLookup FindRest(
        int shard, in CredentialQuery query, long expiresAt, ReadOnlySpan<byte> user, out Credential? credential)
    {
        credential = null;
        ServedRealm realm = realms.Own;
        if (realm.Secrets.IsEmpty)
        {
            // Without secrets a name of digits is a name like any other.
            return users.Find(shard, query, out credential);
        }

        // Such a name is one that was issued, and is malformed.
        if (user is [(byte)'~', ..] || expiresAt > query.UnixNow + (realm.MaxCredentialLifetime ?? long.MaxValue / 2) + Skew)
        {
            return CredentialLookup.Unknown;
        }

        if (realm.Secrets.At(query.UnixNow) is not { } active)
        {
            return CredentialLookup.Unknown;
        }

        CredentialLookup lookup = active.Verifier.Find(query, out Credential? found);
        if (lookup != CredentialLookup.Found)
        {
            return lookup;
        }

        credential = new Credential
        {
            Username = found!.Username,
            User = found.User,
            KeyId = active.Mark,
            ExpiresAt = found.ExpiresAt,
            Keys = found.Keys,
        };
        return CredentialLookup.Found;
    }

    private bool IsCurrent(Credential credential, long unixNow) => !IsRevoked(credential, unixNow) && credential switch
    {
        { KeyId: null } => true,
        { KeyId: StoredUsers.KeyId } => users.IsCurrent(credential),
        { IssuedAt: not null } => realms.Realms.TryGetValue(credential.Realm!, out ServedRealm? realm) && realm.Secrets.Holds(credential.KeyId, unixNow),
        _ => realms.Own.Secrets.At(unixNow)?.Mark == credential.KeyId,
    };

    private bool IsRevoked(Credential credential, long unixNow)
    {
        RevocationSet revoked = revocations();
        return revoked.Count > 0 && revoked.IsRevoked(
            credential.Realm ?? settings.Realm,
            Encoding.UTF8.GetString(credential.Username),
            credential.User,
            credential.Tag,
            credential.IssuedAt,
            unixNow);
    }

    /// <summary>Reads <c>expiry:user</c> or an expiry alone, as <see cref="RestCredentials"/> does.</summary>
    private bool TryReadExpiry(ReadOnlySpan<byte> username, out long expiresAt, out ReadOnlySpan<byte> user)
    {
        user = [];
        expiresAt = 0;
        if (username is not [>= (byte)'0' and <= (byte)'9', ..] || !Utf8Parser.TryParse(username, out expiresAt, out int digits))
        {
            return false;
        }

        user = digits == username.Length ? [] : username[(digits + 1)..];
        return digits == username.Length || username[digits] == (byte)settings.CredentialSeparator;
    }

    private sealed class ShardSource(ClusterCredentials all, int shard) : ICredentialSource
    {
        public CredentialLookup Find(in CredentialQuery query, out Credential? credential) => all.Find(shard, query, out credential);

        public bool IsCurrent(Credential credential, long unixNow) => all.IsCurrent(credential, unixNow);
    }
}
