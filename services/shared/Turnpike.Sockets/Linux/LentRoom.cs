using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Turnpike.Sockets.Linux;

/// <summary>
/// The datagrams of a train lie wall to wall, yet a handler may write around each of them. For the callback the room is lent from
/// the neighbours, whose bytes are kept here meanwhile; what was written into it leaves as vectors of its own.
/// </summary>
internal sealed unsafe class LentRoom
{
    private byte* _start;
    private byte* _end;
    private bool _front;
    private bool _back;
    private Vector512<byte> _before;
    private ulong _behind;

    public bool IsLent { get; private set; }

    /// <summary>Lends what the datagram from <paramref name="start"/> to <paramref name="end"/> has in front, behind, or both.</summary>
    public void Lend(byte* start, byte* end, bool front, bool back)
    {
        _start = start;
        _end = end;
        _front = front;
        _back = back;
        _before = Vector512.Load(start - ReceivedDatagram.Headroom);
        _behind = Unsafe.ReadUnaligned<ulong>(end);
        IsLent = true;
    }

    /// <summary>Gives the neighbours their bytes back.</summary>
    public void Return()
    {
        IsLent = false;
        if (_front)
        {
            _before.Store(_start - ReceivedDatagram.Headroom);
        }

        if (_back)
        {
            Unsafe.WriteUnaligned(_end, _behind);
        }
    }

    /// <summary>
    /// Exchanges what lies in the room with what is kept: a flush within the callback sends the neighbours as they are, and a second
    /// exchange lets the handler find again what it wrote.
    /// </summary>
    public void Exchange()
    {
        if (_front)
        {
            Vector512<byte> written = Vector512.Load(_start - ReceivedDatagram.Headroom);
            _before.Store(_start - ReceivedDatagram.Headroom);
            _before = written;
        }

        if (_back)
        {
            ulong written = Unsafe.ReadUnaligned<ulong>(_end);
            Unsafe.WriteUnaligned(_end, _behind);
            _behind = written;
        }
    }

    /// <summary>How much of a message lies in lent room: bytes at its beginning, and at its end.</summary>
    public (int Front, int Back) PartOf(byte* message, int length)
    {
        byte* end = message + length;
        bool around = message >= _start - ReceivedDatagram.Headroom && end <= _end + ReceivedDatagram.Tailroom;
        int front = around && _front && message < _start ? (int)(Math.Min((nint)_start, (nint)end) - (nint)message) : 0;
        int back = around && _back && end > _end ? (int)((nint)end - Math.Max((nint)_end, (nint)message)) : 0;
        return (front, back);
    }
}
