using Turnpike.Protocol;

namespace Turnpike.Server;

/// <summary>What CreatePermission and ChannelBind have in common: a permission within the allocation's caps.</summary>
internal static class Permissions
{
    /// <summary>Whether the allocation may have so many more permissions; 0, or the code of the error.</summary>
    public static int Admit(scoped ref Request request, Allocation allocation, int newPeers)
    {
        int live = allocation.Permissions.CountLive(request.Now);
        bool admitted = live + newPeers <= request.Rules.Limits.Permissions
            && allocation.NewPeers.TryTake(newPeers, request.Now);
        return admitted ? 0 : StunErrorCode.InsufficientCapacity;
    }

    /// <summary>Installs a permission or extends it by a whole lifetime.</summary>
    public static Permission Install(scoped ref Request request, Allocation allocation, in TransportAddress peer)
    {
        long expiresAt = request.Now + (request.Rules.Lifetimes.Permission * 1000L);
        Permission permission = allocation.Permissions.Install(peer, expiresAt, request.Now);
        permission.AllowedBy = request.Rules.Peers;
        return permission;
    }
}
