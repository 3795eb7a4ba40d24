using Turnpike.Protocol;

namespace Turnpike.Server;

/// <summary>What CreatePermission and ChannelBind have in common: a permission within the allocation's caps.</summary>
internal static class Permissions
{
    /// <summary>Whether the allocation may have so many more permissions; 0, or the code of the error.</summary>
    public static int Admit(TurnServer server, scoped ref Request request, Allocation allocation, int newPeers)
    {
        if (allocation.Permissions.CountLive(request.Now) + newPeers > request.Rules.Limits.Permissions)
        {
            return Refuse(server, allocation, QuotaScope.Permissions);
        }

        return allocation.NewPeers.TryTake(newPeers, request.Now) ? 0 : Refuse(server, allocation, QuotaScope.NewPeers);
    }

    /// <summary>Counts what a cap of the allocation refuses; the code of the error.</summary>
    public static int Refuse(TurnServer server, Allocation allocation, QuotaScope scope)
    {
        server.Counters.Count(scope, allocation.RealmCounters);
        return StunErrorCode.InsufficientCapacity;
    }

    /// <summary>Installs a permission or extends it by a whole lifetime.</summary>
    public static Permission Install(scoped ref Request request, Allocation allocation, in TransportAddress peer)
    {
        long expiresAt = request.Now + (request.Rules.Lifetimes.Permission * 1000L);
        allocation.Expect();
        Permission permission = allocation.Permissions.Install(peer, expiresAt, request.Now);
        permission.AllowedBy = request.Rules.Peers;
        return permission;
    }
}
