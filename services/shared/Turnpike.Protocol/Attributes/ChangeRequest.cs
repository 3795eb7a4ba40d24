namespace Turnpike.Protocol.Attributes;

/// <summary>What a CHANGE-REQUEST asks for.</summary>
[Flags]
public enum ChangeRequestFlags : byte
{
    /// <summary>Nothing: answer from where the request came in.</summary>
    None = 0,

    /// <summary>Bit B: answer from the other port.</summary>
    ChangePort = 2,

    /// <summary>Bit A: answer from the other IP address.</summary>
    ChangeIP = 4,
}

/// <summary>CHANGE-REQUEST (RFC 5780 §7.2): from which address the client wants the answer.</summary>
public static class ChangeRequest
{
    /// <summary>Reads the two flags; the other bits are ignored. Malformed: not 4 bytes.</summary>
    public static AttributeResult Read(in StunMessage message, out ChangeRequestFlags flags)
    {
        AttributeResult result = NumberValue.Read(in message, StunAttributeType.ChangeRequest, out uint word);
        flags = (ChangeRequestFlags)word & (ChangeRequestFlags.ChangeIP | ChangeRequestFlags.ChangePort);
        return result;
    }

    /// <summary>Appends the attribute.</summary>
    public static void Write(ref StunMessageWriter writer, ChangeRequestFlags flags)
        => NumberValue.Write(ref writer, StunAttributeType.ChangeRequest, (uint)flags);
}
