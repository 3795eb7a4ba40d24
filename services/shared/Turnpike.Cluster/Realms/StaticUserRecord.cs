namespace Turnpike.Cluster;

/// <summary>A user with a password of its own, of which only the keys of RFC 8489 section 9.2.2 are kept.</summary>
/// <param name="Username">The USERNAME.</param>
/// <param name="Md5Key">16 bytes.</param>
/// <param name="Sha256Key">32 bytes.</param>
public sealed record StaticUserRecord(string Username, byte[] Md5Key, byte[] Sha256Key)
{
    /// <summary>Without the keys.</summary>
    public override string ToString() => $"{nameof(StaticUserRecord)} {Username}";
}

/// <summary>Some of the users of a realm.</summary>
/// <param name="Users">In no order; a user that is put while the list is read may be missing or there twice.</param>
/// <param name="Cursor">To go on from; 0 at the end.</param>
public sealed record StaticUserPage(IReadOnlyList<StaticUserRecord> Users, long Cursor);
