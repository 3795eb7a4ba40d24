using System.Globalization;
using Microsoft.Extensions.Primitives;
using Turnpike.Cluster;
using Turnpike.Protocol;

namespace Turnpike.Edge.Cluster;

/// <summary>
/// Tells the control plane which allocations live here: <c>GET /cluster/allocations?realm=&amp;user=&amp;tag=&amp;after=&amp;count=</c>, by
/// id, a page at a time. <c>realm</c> may be there several times. The shards are not asked.
/// </summary>
/// <param name="cluster">Keys and allocations.</param>
/// <param name="time">The source of time.</param>
internal sealed class AllocationEndpoint(EdgeCluster cluster, TimeProvider time)
{
    private const string Scheme = "Bearer ";
    private const int UsualCount = 100;

    public Task AnswerAsync(HttpContext context)
    {
        if (!IsAllowed(context.Request.Headers.Authorization.ToString()))
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return Task.CompletedTask;
        }
        if (!TryNumber(context.Request.Query["after"], 0, out long after)
            || !TryNumber(context.Request.Query["count"], UsualCount, out long count)
            || count is < 1 or > AllocationPage.MaxCount)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return Task.CompletedTask;
        }
        context.Response.ContentType = "application/json";
        context.Response.Headers.CacheControl = "no-store";
        return Page(context.Request.Query, after, (int)count).WriteAsync(context.Response.Body, context.RequestAborted);
    }

    private bool IsAllowed(string header) =>
        cluster.Keys.Ring is { } ring
        && header.StartsWith(Scheme, StringComparison.Ordinal)
        && AllocationAccess.IsProof(header[Scheme.Length..], ring, cluster.Id, time.GetUtcNow().ToUnixTimeSeconds());

    // One walk, and memory for one page, however many allocations there are.
    private AllocationPage Page(IQueryCollection query, long after, int count)
    {
        string[] realms = [.. query["realm"].OfType<string>()];
        string user = query["user"].ToString();
        string tag = query["tag"].ToString();
        PriorityQueue<LiveAllocation, long> lowest = new();
        foreach (LiveAllocation allocation in cluster.Registry.All)
        {
            if (allocation.Id <= after
                || (realms.Length > 0 && !realms.Contains(allocation.Realm, StringComparer.Ordinal))
                || (user.Length > 0 && user != allocation.User)
                || (tag.Length > 0 && tag != allocation.Tag))
            {
                continue;
            }
            if (lowest.Count <= count)
            {
                lowest.Enqueue(allocation, -allocation.Id);
            }
            else
            {
                lowest.EnqueueDequeue(allocation, -allocation.Id);
            }
        }
        bool more = lowest.Count > count;
        return new AllocationPage(
            [.. lowest.UnorderedItems.Select(item => item.Element).OrderBy(allocation => allocation.Id).Take(count).Select(Describe)], more);
    }

    private static AllocationRecord Describe(LiveAllocation allocation) => new()
    {
        Id = allocation.Id,
        Realm = allocation.Realm,
        User = allocation.User,
        Tag = allocation.Tag,
        Transport = allocation.Transport.ToString().ToLowerInvariant(),
        Client = allocation.Client.ToString(),
        Relayed = [.. new[] { allocation.RelayIPv4, allocation.RelayIPv6 }.OfType<TransportAddress>().Select(address => address.ToString())],
        StartedAt = allocation.Since.ToUnixTimeMilliseconds(),
        Used = allocation.Total,
    };

    private static bool TryNumber(StringValues text, long usual, out long number)
    {
        number = usual;
        return text.Count == 0 || long.TryParse(text.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }
}
