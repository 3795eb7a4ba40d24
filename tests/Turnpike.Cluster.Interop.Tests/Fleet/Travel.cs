using System.Net;
using Turnpike.Interop.Clients;
using Turnpike.Protocol;

namespace Turnpike.Cluster.Interop.Fleet;

/// <summary>A client that gets its challenge from one edge and reaches another with its next request, as behind a load balancer.</summary>
internal static class Travel
{
    /// <summary>The second edge accepts the nonce of the first: it grants at once, where it would say 438 to a nonce that it does not know.</summary>
    public static async Task AssertAcceptedAsync(IPEndPoint from, IPEndPoint to, (string User, string Password) credential)
    {
        // A nonce is its client's, address and port: both requests come from the same.
        using var first = new TurnClient(from, from.Address) { Credential = credential };
        TurnResponse challenge = await first.RequestAsync(StunMethod.Allocate, TurnClient.RequestUdp);
        Assert.Equal(StunErrorCode.Unauthorized, challenge.Code);
        IPEndPoint source = first.LocalEndPoint;
        first.Dispose();

        using var second = new TurnClient(to, source) { Credential = credential };
        second.TakeChallenge(challenge);
        TurnResponse allocated = await second.RequestAsync(StunMethod.Allocate, TurnClient.RequestUdp);
        Assert.True(allocated.Succeeded, $"{to} answered a nonce of {from} with {allocated.Code}");
        await second.RefreshAsync(0);
    }
}
