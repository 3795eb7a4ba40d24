using Turnpike.Protocol;

namespace Turnpike.Server;

/// <summary>How allocations begin, are extended and end.</summary>
internal static class AllocationLifecycle
{
    /// <summary>
    /// The live allocation of a 5-tuple; what of it has had its time ends here, however far the timers have come.
    /// </summary>
    public static Allocation? Find(TurnServer server, in FiveTuple fiveTuple, long now)
    {
        Allocation? allocation = server.Allocations.Find(fiveTuple);
        if (allocation is not null && allocation.NextExpiry <= now)
        {
            OnTimer(server, allocation, now);
            return server.Allocations.Find(fiveTuple);
        }

        return allocation;
    }

    /// <summary>Puts a new allocation into force.</summary>
    public static void Begin(TurnServer server, Allocation allocation, Relay? ipv4, Relay? ipv6, long expiresAt)
    {
        allocation.RelayIPv4 = ipv4;
        allocation.RelayIPv6 = ipv6;
        Attach(ipv4);
        Attach(ipv6);
        server.Allocations.Add(allocation);
        server.AllocationsById.Add(allocation.Id, allocation);
        server.Timers.Arm(allocation, expiresAt);
        server.Counters.AllocationsCreated++;
        server.Counters.Recount(allocation);
        allocation.RealmCounters.Allocations++;
        server.Observer.Started(allocation);

        void Attach(Relay? relay)
        {
            if (relay is not null)
            {
                relay.Allocation = allocation;
                relay.ExpiresAt = expiresAt;
            }
        }
    }

    /// <summary>
    /// The lifetime to grant, in seconds (RFC 8656 section 7.2): at least the default, at most the maximum, and never beyond the
    /// credential's end plus its grace.
    /// </summary>
    public static uint GrantLifetime(LifetimePolicy lifetimes, Credential credential, uint? requested, long unixNow)
    {
        long granted = Math.Clamp(requested ?? (uint)lifetimes.Allocation, (uint)lifetimes.Allocation, (uint)lifetimes.MaxAllocation);
        if (credential.ExpiresAt != long.MaxValue)
        {
            // RFC 7635 section 7 leaves no room for grace: never longer than the token.
            int grace = credential.IsAccessToken ? 0 : lifetimes.CredentialGrace;
            granted = Math.Min(granted, Math.Max(1, credential.ExpiresAt - unixNow + grace));
        }

        return (uint)granted;
    }

    /// <summary>Extends relayed transport addresses, or shortens them; the timer is looked after when it comes up.</summary>
    public static void Refresh(TurnServer server, Allocation allocation, AddressFamily family, long expiresAt)
    {
        if (family != AddressFamily.IPv6 && allocation.RelayIPv4 is { } ipv4)
        {
            ipv4.ExpiresAt = expiresAt;
        }

        if (family != AddressFamily.IPv4 && allocation.RelayIPv6 is { } ipv6)
        {
            ipv6.ExpiresAt = expiresAt;
        }

        if (expiresAt < allocation.DueAt)
        {
            server.Timers.Arm(allocation, expiresAt);
        }
    }

    /// <summary>Closes what has expired, and waits for what has not.</summary>
    /// <param name="server">The server.</param>
    /// <param name="allocation">The allocation.</param>
    /// <param name="now">Milliseconds of the server's clock.</param>
    /// <param name="reason">Why it ends, if nothing is left of it.</param>
    public static void OnTimer(
        TurnServer server, Allocation allocation, long now, AllocationEnd reason = AllocationEnd.Expired)
    {
        CloseIfExpired(server, allocation, AddressFamily.IPv4, now);
        CloseIfExpired(server, allocation, AddressFamily.IPv6, now);
        if (allocation.RelayIPv4 is null && allocation.RelayIPv6 is null)
        {
            End(server, allocation, reason);
            return;
        }

        server.Counters.Recount(allocation);
        server.Timers.Arm(allocation, allocation.NextExpiry);
    }

    /// <summary>Ends an allocation and gives back all that it held.</summary>
    public static void End(TurnServer server, Allocation allocation, AllocationEnd reason)
    {
        server.Timers.Disarm(allocation);
        server.Allocations.Remove(allocation);
        server.AllocationsById.Remove(allocation.Id);
        if (allocation.MobileId != 0)
        {
            server.MobileAllocations.Remove(allocation.MobileId);
            allocation.MobileId = 0;
        }

        CloseIfExpired(server, allocation, AddressFamily.IPv4, long.MaxValue);
        CloseIfExpired(server, allocation, AddressFamily.IPv6, long.MaxValue);
        server.Quota.Release(allocation.Realm, allocation.User);
        server.Counters.AllocationsEnded++;
        server.Counters.Recount(allocation);
        allocation.RealmCounters.Allocations--;
        server.Observer.Ended(allocation, reason);
    }

    private static void CloseIfExpired(TurnServer server, Allocation allocation, AddressFamily family, long now)
    {
        if (allocation.RelayFor(family) is not { } relay || relay.ExpiresAt > now)
        {
            return;
        }

        if (family == AddressFamily.IPv4)
        {
            allocation.RelayIPv4 = null;
        }
        else
        {
            allocation.RelayIPv6 = null;
        }

        // Channels still point at the relay; the past expiry closes them.
        relay.ExpiresAt = 0;
        relay.Allocation = null;
        if (allocation.RelaysTcp)
        {
            // It has this relayed transport address only: without it there is nothing to be connected from.
            PeerConnectionLifecycle.CloseAll(server, allocation);
            server.Connections.Close(relay);
        }
        else
        {
            server.Pool.Close(relay);
        }
    }
}
