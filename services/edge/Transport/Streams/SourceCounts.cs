using Turnpike.Protocol;

namespace Turnpike.Edge.Transport.Streams;

/// <summary>How many connections each source address has; of IPv6 a /64 counts as one, as one customer has it.</summary>
/// <param name="limit">Connections of one source; 0 is no limit, and nothing is counted.</param>
internal sealed class SourceCounts(int limit)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<TransportAddress, int> _bySource = [];
    private readonly Dictionary<StreamConnection, TransportAddress> _counted = [];

    public bool TryEnter(StreamConnection connection, in TransportAddress client)
    {
        if (limit == 0)
        {
            return true;
        }

        TransportAddress source = client.Family == AddressFamily.IPv6
            ? TransportAddress.IPv6(client.High, 0, 0)
            : client.WithPort(0);
        lock (_lock)
        {
            int count = _bySource.GetValueOrDefault(source);
            if (count >= limit)
            {
                return false;
            }

            _bySource[source] = count + 1;
            _counted.Add(connection, source);
            return true;
        }
    }

    public void Leave(StreamConnection connection)
    {
        if (limit == 0)
        {
            return;
        }

        lock (_lock)
        {
            if (_counted.Remove(connection, out TransportAddress source) && --_bySource[source] == 0)
            {
                _bySource.Remove(source);
            }
        }
    }
}
