namespace Turnpike.Sockets.Linux;

/// <summary>Walks the control messages of a received header.</summary>
internal unsafe ref struct ControlReader
{
    private byte* _at;
    private readonly byte* _end;

    public ControlReader(in MessageHeader message)
    {
        _at = message.Control;
        _end = message.Control + message.ControlLength;
    }

    public int Level { get; private set; }

    public int Type { get; private set; }

    public byte* Data { get; private set; }

    public int DataLength { get; private set; }

    public bool Next()
    {
        if (_end - _at < ControlHeader.DataOffset)
        {
            return false;
        }

        var header = (ControlHeader*)_at;
        long length = (long)header->Length;
        if (length < ControlHeader.DataOffset || length > _end - _at)
        {
            return false;
        }

        Level = header->Level;
        Type = header->Type;
        Data = _at + ControlHeader.DataOffset;
        DataLength = (int)length - ControlHeader.DataOffset;
        _at += ControlHeader.Space(DataLength);
        return true;
    }
}
