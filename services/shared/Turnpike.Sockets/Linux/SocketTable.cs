namespace Turnpike.Sockets.Linux;

/// <summary>
/// The attached sockets by the token that epoll carries: index and generation. An event that was fetched before its socket was
/// closed meets another generation and is ignored, although the index may already belong to a new socket.
/// </summary>
internal sealed class SocketTable
{
    private LinuxSocket?[] _sockets = new LinuxSocket?[64];
    private uint[] _generations = new uint[64];
    private int[] _free = new int[64];
    private int _freeCount;
    private int _used;

    /// <summary>All attached sockets, with holes.</summary>
    public ReadOnlySpan<LinuxSocket?> Sockets => _sockets.AsSpan(0, _used);

    /// <summary>Gives the socket a place; returns its token, which is never <see cref="ulong.MaxValue"/>.</summary>
    public ulong Add(LinuxSocket socket)
    {
        int index;
        if (_freeCount > 0)
        {
            index = _free[--_freeCount];
        }
        else
        {
            if (_used == _sockets.Length)
            {
                Array.Resize(ref _sockets, _used * 2);
                Array.Resize(ref _generations, _used * 2);
                Array.Resize(ref _free, _used * 2);
            }

            index = _used++;
        }

        _sockets[index] = socket;
        socket.TableIndex = index;
        return ((ulong)_generations[index] << 32) | (uint)index;
    }

    public void Remove(LinuxSocket socket)
    {
        int index = socket.TableIndex;
        _sockets[index] = null;
        _generations[index]++;
        _free[_freeCount++] = index;
        socket.TableIndex = -1;
    }

    public LinuxSocket? Find(ulong token)
    {
        uint index = (uint)token;
        return _generations[index] == (uint)(token >> 32) ? _sockets[index] : null;
    }
}
