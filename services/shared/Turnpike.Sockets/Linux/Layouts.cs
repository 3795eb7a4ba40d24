using System.Runtime.InteropServices;

namespace Turnpike.Sockets.Linux;

// The kernel's structures on 64-bit Linux (LP64), the same on x86-64 and arm64.

/// <summary><c>struct iovec</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct IoVector
{
    public byte* Base;
    public nuint Length;
}

/// <summary><c>struct msghdr</c> as the kernel has it (glibc and musl agree on little-endian).</summary>
[StructLayout(LayoutKind.Sequential, Size = 56)]
internal unsafe struct MessageHeader
{
    public void* Name;
    public uint NameLength;
    public IoVector* Vectors;
    public nuint VectorCount;
    public byte* Control;
    public nuint ControlLength;
    public int Flags;
}

/// <summary><c>struct mmsghdr</c>.</summary>
[StructLayout(LayoutKind.Sequential, Size = 64)]
internal struct BatchHeader
{
    public MessageHeader Message;
    public uint Length;
}

/// <summary><c>struct cmsghdr</c>; the data follows at <see cref="DataOffset"/>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ControlHeader
{
    public const int DataOffset = 16;

    public nuint Length;
    public int Level;
    public int Type;

    /// <summary>The bytes that a control message of this data length takes, padding included.</summary>
    public static int Space(int dataLength) => DataOffset + ((dataLength + 7) & ~7);

    /// <summary>Writes the header of a control message; its data follows at what is returned.</summary>
    public static unsafe byte* Write(byte* at, int level, int type, int dataLength)
    {
        var header = (ControlHeader*)at;
        header->Length = (nuint)(DataOffset + dataLength);
        header->Level = level;
        header->Type = type;
        return at + DataOffset;
    }
}

/// <summary><c>struct sock_extended_err</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ExtendedError
{
    public const byte OriginIcmp = 2;
    public const byte OriginIcmp6 = 3;

    public uint Errno;
    public byte Origin;
    public byte Type;
    public byte Code;
    public byte Padding;
    public uint Info;
    public uint Data;
}

/// <summary><c>struct epoll_event</c>: packed on x86-64, naturally aligned elsewhere.</summary>
internal static class EpollEvent
{
    public static readonly int Size = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;
    public static readonly int DataOffset = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;
}
