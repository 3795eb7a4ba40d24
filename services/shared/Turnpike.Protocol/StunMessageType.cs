namespace Turnpike.Protocol;

/// <summary>
/// The 14-bit message type of RFC 8489 §5, in which the class bits C1 and C0 sit between the method bits:
/// M11–M7 C1 M6–M4 C0 M3–M0.
/// </summary>
internal static class StunMessageType
{
    public static StunClass ClassOf(ushort type) => (StunClass)(((type >> 7) & 2) | ((type >> 4) & 1));

    public static StunMethod MethodOf(ushort type)
        => (StunMethod)((type & 0x000F) | ((type >> 1) & 0x0070) | ((type >> 2) & 0x0F80));

    public static ushort Of(StunClass @class, StunMethod method)
    {
        int c = (int)@class;
        int m = (int)method;
        return (ushort)((m & 0x000F) | ((m & 0x0070) << 1) | ((m & 0x0F80) << 2) | ((c & 2) << 7) | ((c & 1) << 4));
    }
}
