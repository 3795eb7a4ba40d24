using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Turnpike.Server;

/// <summary>
/// Ports held back by EVEN-PORT with the R bit until a RESERVATION-TOKEN claims them (RFC 8656 sections 7.2 and 18.7). One
/// table for all shards, since a token is tied to no 5-tuple and its second Allocate may land anywhere. Thread-safe.
/// </summary>
public sealed class ReservationTable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<ulong, Reservation> _reservations = [];
    private readonly Dictionary<(string Realm, string User), int> _users = [];

    private readonly record struct Reservation(Relay Relay, (string Realm, string User) User, long ExpiresAt);

    /// <summary>How many ports are held back now.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _reservations.Count;
            }
        }
    }

    /// <summary>
    /// Whether the user may hold back one more port. A reservation outlives the allocation that asked for it, so without a bound
    /// one user could fill the range by allocating, reserving and deleting.
    /// </summary>
    /// <param name="user">Whose reservations count.</param>
    /// <param name="limit">How many a user may have at once; 0 = no limit.</param>
    internal bool MayAdd((string Realm, string User) user, int limit)
    {
        lock (_lock)
        {
            return limit == 0 || _users.GetValueOrDefault(user) < limit;
        }
    }

    /// <summary>Holds a port back.</summary>
    /// <param name="relay">The open port.</param>
    /// <param name="user">Who asked for it.</param>
    /// <param name="expiresAt">Until when, in milliseconds of the server's clock.</param>
    /// <returns>The token: 64 unpredictable bits.</returns>
    internal ulong Add(Relay relay, (string Realm, string User) user, long expiresAt)
    {
        Span<byte> random = stackalloc byte[8];
        lock (_lock)
        {
            while (true)
            {
                RandomNumberGenerator.Fill(random);
                ulong token = BinaryPrimitives.ReadUInt64BigEndian(random);
                if (_reservations.TryAdd(token, new Reservation(relay, user, expiresAt)))
                {
                    _users[user] = _users.GetValueOrDefault(user) + 1;
                    return token;
                }
            }
        }
    }

    /// <summary>Claims a reserved port; the token is spent.</summary>
    internal bool TryTake(ulong token, long now, out Relay? relay)
    {
        lock (_lock)
        {
            if (_reservations.TryGetValue(token, out Reservation reservation) && reservation.ExpiresAt > now)
            {
                Remove(token, reservation);
                relay = reservation.Relay;
                return true;
            }
        }

        relay = null;
        return false;
    }

    /// <summary>Takes out one reservation whose time is over, so that the caller closes its port.</summary>
    internal bool TryTakeExpired(long now, out Relay? relay)
    {
        lock (_lock)
        {
            foreach ((ulong token, Reservation reservation) in _reservations)
            {
                if (reservation.ExpiresAt <= now)
                {
                    Remove(token, reservation);
                    relay = reservation.Relay;
                    return true;
                }
            }
        }

        relay = null;
        return false;
    }

    private void Remove(ulong token, in Reservation reservation)
    {
        _reservations.Remove(token);
        int left = _users[reservation.User] - 1;
        if (left == 0)
        {
            _users.Remove(reservation.User);
        }
        else
        {
            _users[reservation.User] = left;
        }
    }
}
