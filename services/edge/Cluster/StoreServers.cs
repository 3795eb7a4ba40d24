using System.Net;
using System.Net.Sockets;
using Turnpike.Protocol;

namespace Turnpike.Edge.Cluster;

/// <summary>
/// Where the store's servers are: nobody's peers, whatever ranges are open. Those that are named are looked up again each minute, and
/// keep their last addresses where that fails.
/// </summary>
/// <param name="servers">As the settings name them, and those found since.</param>
/// <param name="resolve">Looks a name up.</param>
/// <param name="time">The source of time.</param>
internal sealed class StoreServers(Func<IReadOnlyList<EndPoint>> servers, Func<string, Task<IPAddress[]>> resolve, TimeProvider time)
{
    private static readonly TimeSpan Again = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, (IPAddress[] Addresses, long At)> _resolved = new(StringComparer.OrdinalIgnoreCase);
    private readonly Lock _lock = new();
    private Task _resolving = Task.CompletedTask;

    /// <summary>The addresses as last known.</summary>
    public IReadOnlyList<TransportAddress> Addresses
    {
        get
        {
            List<IPEndPoint> all = [];
            lock (_lock)
            {
                foreach (EndPoint server in servers())
                {
                    all.AddRange(server switch
                    {
                        IPEndPoint endpoint => [endpoint],
                        DnsEndPoint named => _resolved.GetValueOrDefault(named.Host, ([], 0)).Addresses.Select(address => new IPEndPoint(address, named.Port)),
                        _ => [],
                    });
                }
            }

            return [.. all.Select(endpoint => TransportAddress.From(endpoint.Address, (ushort)endpoint.Port)).Distinct()];
        }
    }

    /// <summary>Looks names up whose time has come. Never throws; one look at a time.</summary>
    public Task RefreshAsync() => _resolving.IsCompleted ? _resolving = ResolveAsync() : _resolving;

    private async Task ResolveAsync()
    {
        foreach (string host in servers().OfType<DnsEndPoint>().Select(named => named.Host).Distinct(StringComparer.OrdinalIgnoreCase))
        {
            lock (_lock)
            {
                if (_resolved.TryGetValue(host, out (IPAddress[] Addresses, long At) known) && time.GetElapsedTime(known.At) < Again)
                {
                    continue;
                }
            }

            IPAddress[] found;
            try
            {
                found = await resolve(host);
            }
            catch (SocketException)
            {
                // The store's own connection fails with it, and says so.
                continue;
            }

            lock (_lock)
            {
                _resolved[host] = ([.. found.OrderBy(address => address.ToString(), StringComparer.Ordinal)], time.GetTimestamp());
            }
        }
    }
}
