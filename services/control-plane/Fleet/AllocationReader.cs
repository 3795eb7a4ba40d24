using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Turnpike.Cluster;

namespace Turnpike.ControlPlane.Fleet;

/// <summary>Which allocations are asked for.</summary>
/// <param name="Realms">Of any of these; empty: of all.</param>
/// <param name="User">Of this user; empty: of all.</param>
/// <param name="Tag">With this tag; empty: with any.</param>
internal sealed record AllocationFilter(IReadOnlyList<string> Realms, string User, string Tag);

/// <summary>Where a page of allocations begins: behind an allocation of an edge.</summary>
internal readonly record struct AllocationPlace(string Edge, long After);

/// <summary>A page of allocations of several edges.</summary>
/// <param name="Found">By edge and id.</param>
/// <param name="Next">Where the next page begins; null at the end.</param>
/// <param name="Unreachable">Ids of edges that did not answer.</param>
internal sealed record AllocationAnswer(
    IReadOnlyList<(string Edge, AllocationRecord Allocation)> Found, AllocationPlace? Next, IReadOnlyList<string> Unreachable);

/// <summary>Asks edges for their allocations over their management ports.</summary>
internal sealed class AllocationReader : IDisposable
{
    // An edge answers from memory; one that needs longer is lost, hangs or is cut off.
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Whole = TimeSpan.FromSeconds(5);

    // Edges that are asked at once: what they answer waits in memory.
    private const int Parallelism = 32;

    // Some kilobytes for each of the largest records; an answer that is longer is none of an edge.
    private const int LongestAnswer = 8 * 1024 * 1024;

    private readonly KeyStore _keys;
    private readonly TimeProvider _time;
    private readonly HttpClient _http;

    public AllocationReader(ClusterStore store, TimeProvider time)
    {
        _keys = new KeyStore(store);
        _time = time;

        // No proxy: edges are neighbours. An edge sends nobody elsewhere, and the proof must not go there.
        _http = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, UseCookies = false })
        {
            MaxResponseContentBufferSize = LongestAnswer,
            Timeout = Deadline,
        };
    }

    /// <summary>A page from these edges.</summary>
    /// <param name="edges">By id.</param>
    /// <param name="from">Where the page begins; null: at the beginning.</param>
    /// <param name="filter">Which are asked for.</param>
    /// <param name="count">Most to bring.</param>
    /// <param name="cancellation">Ends the asking.</param>
    /// <exception cref="StoreException">The keys of the cluster cannot be read.</exception>
    public async Task<AllocationAnswer> ReadAsync(
        IReadOnlyList<EdgeRecord> edges, AllocationPlace? from, AllocationFilter filter, int count, CancellationToken cancellation)
    {
        List<(string Edge, AllocationRecord Allocation)> found = [];
        List<string> unreachable = [];
        ClusterKeyRing? keys = await _keys.ReadAsync();
        using CancellationTokenSource whole = new(Whole, _time);
        using CancellationTokenSource over = CancellationTokenSource.CreateLinkedTokenSource(whole.Token, cancellation);
        EdgeRecord[] asked = [.. edges.Where(edge => from is null || string.CompareOrdinal(edge.Id, from.Value.Edge) >= 0)];
        foreach (EdgeRecord[] some in asked.Chunk(Parallelism))
        {
            AllocationPage?[] pages = await Task.WhenAll(some.Select(edge =>
                AskAsync(edge, edge.Id == from?.Edge ? from.Value.After : 0, filter, count, keys, over.Token)));
            cancellation.ThrowIfCancellationRequested();
            for (int i = 0; i < some.Length; i++)
            {
                if (pages[i] is not { } page)
                {
                    unreachable.Add(some[i].Id);
                    continue;
                }
                AllocationRecord[] taken = [.. page.Allocations.Take(count - found.Count)];
                found.AddRange(taken.Select(allocation => (some[i].Id, allocation)));
                if (taken.Length < page.Allocations.Count || page.More)
                {
                    return new AllocationAnswer(found, new AllocationPlace(found[^1].Edge, found[^1].Allocation.Id), unreachable);
                }
            }
            if (found.Count == count && some[^1].Id != asked[^1].Id)
            {
                return new AllocationAnswer(found, new AllocationPlace(found[^1].Edge, found[^1].Allocation.Id), unreachable);
            }
        }
        return new AllocationAnswer(found, null, unreachable);
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    // Null: it did not answer.
    private async Task<AllocationPage?> AskAsync(
        EdgeRecord edge, long after, AllocationFilter filter, int count, ClusterKeyRing? keys, CancellationToken cancellation)
    {
        if (keys is null || !Uri.TryCreate(edge.Management, UriKind.Absolute, out Uri? management))
        {
            return null;
        }
        using HttpRequestMessage request = new(HttpMethod.Get, new Uri(management, AllocationAccess.Path + Query(filter, after, count)));
        request.Headers.Authorization = new AuthenticationHeaderValue(
            "Bearer", AllocationAccess.Prove(keys, edge.Id, _time.GetUtcNow().ToUnixTimeSeconds()));
        try
        {
            using HttpResponseMessage response = await _http.SendAsync(request, cancellation);
            if (!response.IsSuccessStatusCode)
            {
                return null;
            }
            await using Stream body = await response.Content.ReadAsStreamAsync(cancellation);
            return await AllocationPage.ReadAsync(body, cancellation);
        }
        catch (Exception problem) when (problem is HttpRequestException or OperationCanceledException or JsonException or IOException)
        {
            return null; // The answer names it.
        }
    }

    private static string Query(AllocationFilter filter, long after, int count)
    {
        StringBuilder query = new();
        query.Append(CultureInfo.InvariantCulture, $"?after={after}&count={count}");
        foreach (string realm in filter.Realms)
        {
            query.Append("&realm=").Append(Uri.EscapeDataString(realm));
        }
        return query.Append("&user=").Append(Uri.EscapeDataString(filter.User)).Append("&tag=").Append(Uri.EscapeDataString(filter.Tag)).ToString();
    }
}
