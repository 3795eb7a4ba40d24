using System.Net;
using Turnpike.Interop.Clients;
using Turnpike.Interop.Processes;

namespace Turnpike.Cluster.Interop.Fleet;

/// <summary>Finds out by trying whether edges have heard of an edit.</summary>
internal static class Trial
{
    private static readonly TimeSpan Answer = TimeSpan.FromSeconds(20);

    /// <summary>Waits until every edge grants an allocation to a credential, or refuses it. What is granted is given back.</summary>
    public static async Task UntilAsync(IEnumerable<IPEndPoint> edges, (string User, string Password) credential, bool granted)
    {
        foreach (IPEndPoint edge in edges)
        {
            await Deadline.UntilAsync($"{edge} {(granted ? "grants" : "refuses")}", Answer, async () =>
            {
                using var client = new TurnClient(edge) { Credential = credential };
                bool succeeded = (await client.AllocateAsync()).Succeeded;
                if (succeeded)
                {
                    await client.RefreshAsync(0);
                }

                return succeeded == granted;
            });
        }
    }
}
