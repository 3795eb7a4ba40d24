using System.Numerics;
using Turnpike.Server;

namespace Turnpike.Edge.Transport;

/// <summary>
/// The ports of one relay address that this process holds. Shared by the shards: only Allocate and the end of an allocation come
/// here. Each free port is as likely as any other (CVE-2025-69217 is a predictable one), however full the range is.
/// </summary>
internal sealed class RelayPorts
{
    private const ulong EvenPorts = 0x5555_5555_5555_5555;

    // So often a port of the whole range is guessed before the free ones are counted.
    private const int Guesses = 4;

    private readonly Lock _lock = new();
    private readonly ulong[] _free = new ulong[65_536 / 64];
    private readonly BufferedRandom _random = new();
    private readonly int _minPort;

    public RelayPorts(int minPort, int maxPort)
    {
        _minPort = minPort;
        for (int port = minPort; port <= maxPort; port++)
        {
            _free[port / 64] |= 1UL << (port % 64);
        }

        Total = maxPort - minPort + 1;
    }

    /// <summary>Told, on any thread, whenever a port is asked for and all are in use.</summary>
    public Action? OnFull { get; set; }

    public int Total { get; }

    public int Used { get; private set; }

    /// <summary>Takes a random free port (and its upper neighbour, for a pair); false when there is none.</summary>
    public bool TryTake(PortParity parity, out ushort port)
    {
        bool taken = TrySelect(parity, out port);
        if (!taken && Used == Total)
        {
            OnFull?.Invoke();
        }

        return taken;
    }

    public void Release(ushort port)
    {
        lock (_lock)
        {
            Mark(port, used: false);
        }
    }

    private bool TrySelect(PortParity parity, out ushort port)
    {
        lock (_lock)
        {
            if (!TryGuess(parity, out port) && !TryDraw(parity, out port))
            {
                return false;
            }

            Mark(port, used: true);
            if (parity == PortParity.EvenAndReserveNext)
            {
                Mark((ushort)(port + 1), used: true);
            }

            return true;
        }
    }

    /// <summary>
    /// A guess that hits is as fair as a draw among the candidates, and looks at no other port: a thousand words of them are a tenth of an
    /// Allocate.
    /// </summary>
    private bool TryGuess(PortParity parity, out ushort port)
    {
        for (int guess = 0; guess < Guesses && Used < Total; guess++)
        {
            port = (ushort)(_minPort + _random.Below(Total));
            if (((Candidates(port / 64, parity) >> (port % 64)) & 1) != 0)
            {
                return true;
            }
        }

        port = 0;
        return false;
    }

    private bool TryDraw(PortParity parity, out ushort port)
    {
        int candidates = 0;
        for (int word = 0; word < _free.Length; word++)
        {
            candidates += BitOperations.PopCount(Candidates(word, parity));
        }

        port = candidates == 0 ? (ushort)0 : Select(_random.Below(candidates), parity);
        return candidates != 0;
    }

    private ulong Candidates(int word, PortParity parity) => parity switch
    {
        PortParity.Any => _free[word],
        PortParity.Even => _free[word] & EvenPorts,
        // An even port's neighbour is in the same word.
        _ => _free[word] & (_free[word] >> 1) & EvenPorts,
    };

    private ushort Select(int index, PortParity parity)
    {
        int word = 0;
        ulong bits = Candidates(word, parity);
        for (int count = BitOperations.PopCount(bits); index >= count; count = BitOperations.PopCount(bits))
        {
            index -= count;
            bits = Candidates(++word, parity);
        }

        for (; index > 0; index--)
        {
            bits &= bits - 1;
        }

        return (ushort)((word * 64) + BitOperations.TrailingZeroCount(bits));
    }

    private void Mark(ushort port, bool used)
    {
        ulong bit = 1UL << (port % 64);
        _free[port / 64] = used ? _free[port / 64] & ~bit : _free[port / 64] | bit;
        Used += used ? 1 : -1;
    }
}
