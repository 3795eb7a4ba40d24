using Turnpike.LoadTest.Relay;

namespace Turnpike.LoadTest.Turn;

/// <summary>Counts the clients that servers sent elsewhere, and where to.</summary>
internal sealed class Redirections
{
    /// <summary>Servers that are told apart; one that names ever new ones does not fill the memory.</summary>
    private const int Named = 32;

    private const string Others = "others";

    private readonly Dictionary<string, long> _to = [];
    private long _clients;

    /// <summary>A client takes this way, to a server that another one named.</summary>
    public void Count(Route way)
    {
        _clients += way.Redirections == 1 ? 1 : 0;
        string server = _to.ContainsKey(way.Target.Name) || _to.Count < Named ? way.Target.Name : Others;
        _to[server] = _to.GetValueOrDefault(server) + 1;
    }

    /// <summary>Null where no client was sent elsewhere.</summary>
    public RedirectionResult? ToResult() => _clients == 0 ? null : new RedirectionResult(_clients, new Dictionary<string, long>(_to));
}
