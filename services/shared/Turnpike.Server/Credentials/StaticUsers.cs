using System.Security.Cryptography;
using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;

namespace Turnpike.Server;

/// <summary>A user whose keys are configured.</summary>
/// <param name="Username">After OpaqueString preparation, UTF-8.</param>
/// <param name="Md5Key">MD5 of <c>user:realm:password</c>.</param>
/// <param name="Sha256Key">SHA-256 of the same.</param>
public sealed record StaticUser(string Username, byte[] Md5Key, byte[] Sha256Key);

/// <summary>Users with configured keys, found by USERNAME or USERHASH. Immutable; safe on every thread.</summary>
public sealed class StaticUsers : ICredentialSource
{
    private readonly Dictionary<string, (Credential Md5, Credential Sha256)> _byName = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _nameByHash = new(StringComparer.Ordinal);

    /// <summary>Builds the index.</summary>
    /// <param name="realm">The realm that USERHASH values are made for.</param>
    /// <param name="users">The users; names are unique.</param>
    public StaticUsers(string realm, IEnumerable<StaticUser> users)
    {
        byte[] realmBytes = System.Text.Encoding.UTF8.GetBytes(realm);
        byte[] hash = new byte[SHA256.HashSizeInBytes];
        foreach (StaticUser user in users)
        {
            byte[] username = System.Text.Encoding.UTF8.GetBytes(user.Username);
            _byName.Add(user.Username, (
                Make(user, username, PasswordAlgorithmId.Md5, user.Md5Key),
                Make(user, username, PasswordAlgorithmId.Sha256, user.Sha256Key)));
            UserHash.Compute(username, realmBytes, hash);
            _nameByHash[Convert.ToHexString(hash)] = user.Username;
        }
    }

    /// <inheritdoc/>
    public CredentialLookup Find(in CredentialQuery query, out Credential? credential)
    {
        credential = null;
        if (_byName.Count == 0)
        {
            return CredentialLookup.Unknown;
        }

        string? name = query.UserHash.IsEmpty
            ? System.Text.Encoding.UTF8.GetString(query.Username)
            : _nameByHash.GetValueOrDefault(Convert.ToHexString(query.UserHash));
        if (name is null || !_byName.TryGetValue(name, out (Credential Md5, Credential Sha256) found))
        {
            return CredentialLookup.Unknown;
        }

        credential = query.Algorithm == PasswordAlgorithmId.Sha256 ? found.Sha256 : found.Md5;
        return CredentialLookup.Found;
    }

    private static Credential Make(StaticUser user, byte[] username, PasswordAlgorithmId algorithm, byte[] key) => new()
    {
        Username = username,
        User = user.Username,
        Keys = [new LongTermCredentialKey(algorithm, key)],
    };
}
