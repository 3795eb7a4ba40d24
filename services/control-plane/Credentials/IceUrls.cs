using System.Globalization;
using System.Security.Cryptography;
using Turnpike.Cluster;
using Turnpike.Contracts.V1;
using Turnpike.ControlPlane.Fleet;

namespace Turnpike.ControlPlane.Credentials;

/// <summary>Which URLs a credential comes with: those of edges that take new allocations, with head-room, in the caller's region first.</summary>
internal static class IceUrls
{
    // A browser gathers candidates over every URL that it is given; more make a call slower to start, not likelier to work.
    private const int Edges = 3;
    private const int Urls = 8;
    private const int StunUrls = 2;
    private const int DefaultPort = 3478;
    private const int DefaultTlsPort = 5349;

    /// <summary>The URLs of TURN, the best first; empty when no edge serves what is asked for.</summary>
    /// <param name="edges">All edges.</param>
    /// <param name="region">Comes first; empty for no preference.</param>
    /// <param name="transports">Only these; empty for all.</param>
    /// <param name="ports">Only these; empty for all.</param>
    public static IReadOnlyList<string> Turn(
        IReadOnlyList<EdgeRecord> edges, string region, IReadOnlyCollection<Transport> transports, IReadOnlyCollection<int> ports)
    {
        // Cool before hot, and of either those of the region first.
        List<EdgeRecord>[] ranks = [[], [], [], []];
        foreach (EdgeRecord edge in edges)
        {
            if (edge.State == "ready")
            {
                ranks[(Saturation.Of(edge) >= Saturation.Hot ? 2 : 0) + (region.Length > 0 && edge.Region != region ? 1 : 0)].Add(edge);
            }
        }
        List<string[]> chosen = [];
        foreach (List<EdgeRecord> rank in ranks)
        {
            Choose(rank, transports, ports, chosen);
        }
        // The first of each, then the second of each: a client that tries few finds more than one edge among them.
        return
        [
            .. Enumerable.Range(0, chosen.Select(urls => urls.Length).DefaultIfEmpty().Max())
                .SelectMany(rank => chosen.Where(urls => rank < urls.Length).Select(urls => urls[rank]))
                .Distinct(StringComparer.Ordinal).Take(Urls),
        ];
    }

    // Equals in random order: that alone spreads the clients. Only as many are drawn as are named, because a draw costs as much as
    // looking at a hundred edges.
    private static void Choose(List<EdgeRecord> equals, IReadOnlyCollection<Transport> transports, IReadOnlyCollection<int> ports, List<string[]> chosen)
    {
        for (int i = 0; i < equals.Count && chosen.Count < Edges; i++)
        {
            int drawn = RandomNumberGenerator.GetInt32(i, equals.Count);
            (equals[i], equals[drawn]) = (equals[drawn], equals[i]);
            string[] urls = [.. equals[i].Urls.Where(url => Fits(url, transports, ports)).OrderBy(url => TransportOf(url))];
            if (urls.Length > 0)
            {
                chosen.Add(urls);
            }
        }
    }

    /// <summary>The URLs of STUN at the same places: every TURN server over UDP is one (RFC 8656 section 3).</summary>
    public static IReadOnlyList<string> Stun(IEnumerable<string> turn) =>
    [
        .. turn.Where(url => TransportOf(url) == Transport.Udp)
            .Select(url => "stun:" + Authority(url)).Distinct(StringComparer.Ordinal).Take(StunUrls),
    ];

    /// <summary>The transport of a URL (RFC 7065): UDP for <c>turn:</c> and TLS for <c>turns:</c> unless it says otherwise.</summary>
    internal static Transport TransportOf(string url)
    {
        bool secure = url.StartsWith("turns:", StringComparison.OrdinalIgnoreCase);
        int query = url.IndexOf("?transport=", StringComparison.OrdinalIgnoreCase);
        string transport = query < 0 ? secure ? "tcp" : "udp" : url[(query + "?transport=".Length)..].ToLowerInvariant();
        return (secure, transport) switch
        {
            (false, "udp") => Transport.Udp,
            (false, "tcp") => Transport.Tcp,
            (true, "tcp") => Transport.Tls,
            (true, "udp") => Transport.Dtls,
            _ => Transport.Unspecified,
        };
    }

    /// <summary>The port of a URL; its scheme's own where it names none.</summary>
    internal static int PortOf(string url)
    {
        string authority = Authority(url);
        int colon = authority.LastIndexOf(':');
        return colon > authority.LastIndexOf(']') && int.TryParse(authority.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int port)
            ? port
            : url.StartsWith("turns:", StringComparison.OrdinalIgnoreCase) ? DefaultTlsPort : DefaultPort;
    }

    private static string Authority(string url)
    {
        string rest = url[(url.IndexOf(':', StringComparison.Ordinal) + 1)..];
        int query = rest.IndexOf('?', StringComparison.Ordinal);
        return query < 0 ? rest : rest[..query];
    }

    private static bool Fits(string url, IReadOnlyCollection<Transport> transports, IReadOnlyCollection<int> ports) =>
        (transports.Count == 0 || transports.Contains(TransportOf(url))) && (ports.Count == 0 || ports.Contains(PortOf(url)));
}
