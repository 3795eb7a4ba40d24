using Turnpike.Protocol;

namespace Turnpike.Server;

/// <summary>Leave for one peer address, any port, to exchange data with a client (RFC 8656 section 9).</summary>
internal sealed class Permission(in TransportAddress address)
{
    /// <summary>The peer's address; its port is 0.</summary>
    public readonly TransportAddress Address = address;

    /// <summary>In milliseconds of the server's clock.</summary>
    public long ExpiresAt { get; set; }

    /// <summary>The policy that last allowed the address; another one judges it again before data passes.</summary>
    public PeerPolicy? AllowedBy { get; set; }
}

/// <summary>
/// The permissions of one allocation. They are few, so a vectorised scan over their hashes finds one faster than a table would.
/// </summary>
internal sealed class PermissionTable
{
    private uint[] _hashes = new uint[2];
    private Permission[] _permissions = new Permission[2];
    private int _count;

    /// <summary>The live permission for the address; null when there is none or it has expired.</summary>
    public Permission? Find(in TransportAddress address, long now) =>
        FindAny(address) is { } permission && permission.ExpiresAt > now ? permission : null;

    /// <summary>How many are live.</summary>
    public int CountLive(long now)
    {
        int live = 0;
        for (int i = 0; i < _count; i++)
        {
            live += _permissions[i].ExpiresAt > now ? 1 : 0;
        }

        return live;
    }

    /// <summary>Installs or extends a permission; an expired one gives its place to a new address.</summary>
    public Permission Install(in TransportAddress address, long expiresAt, long now)
    {
        Permission? permission = FindAny(address);
        if (permission is null)
        {
            permission = new Permission(address.WithPort(0));
            int place = PlaceForNew(now);
            _permissions[place] = permission;
            _hashes[place] = AddressHash.OfAddress(address);
        }

        permission.ExpiresAt = expiresAt;
        return permission;
    }

    private Permission? FindAny(in TransportAddress address)
    {
        uint hash = AddressHash.OfAddress(address);
        ReadOnlySpan<uint> hashes = _hashes.AsSpan(0, _count);
        for (int start = 0; ;)
        {
            int offset = hashes[start..].IndexOf(hash);
            if (offset < 0)
            {
                return null;
            }

            Permission permission = _permissions[start + offset];
            if (permission.Address.SameAddress(address))
            {
                return permission;
            }

            start += offset + 1;
        }
    }

    private int PlaceForNew(long now)
    {
        for (int i = 0; i < _count; i++)
        {
            if (_permissions[i].ExpiresAt <= now)
            {
                return i;
            }
        }

        if (_count == _permissions.Length)
        {
            Array.Resize(ref _permissions, _count * 2);
            Array.Resize(ref _hashes, _count * 2);
        }

        return _count++;
    }
}
