using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Turnpike.Sockets.Linux;

/// <summary>
/// The system calls. All arguments are blittable, so a call is a bare transition. None sets the marshaller's last error, which
/// would cost two more calls each: the runtime keeps errno over the transition, and <see cref="LastError"/> reads it at once
/// after a failure.
/// </summary>
internal static unsafe partial class LibC
{
    private const string Library = "libc";

    public static int LastError => Marshal.GetLastSystemError();

    [LibraryImport(Library, EntryPoint = "socket")]
    public static partial int Socket(int family, int type, int protocol);

    [LibraryImport(Library, EntryPoint = "bind")]
    public static partial int Bind(int descriptor, SocketEndpoint* address, uint length);

    [LibraryImport(Library, EntryPoint = "getsockname")]
    public static partial int GetSocketName(int descriptor, SocketEndpoint* address, uint* length);

    [LibraryImport(Library, EntryPoint = "setsockopt")]
    public static partial int SetSocketOption(int descriptor, int level, int name, void* value, uint length);

    [LibraryImport(Library, EntryPoint = "getsockopt")]
    public static partial int GetSocketOption(int descriptor, int level, int name, void* value, uint* length);

    [LibraryImport(Library, EntryPoint = "close")]
    public static partial int Close(int descriptor);

    [LibraryImport(Library, EntryPoint = "epoll_create1")]
    public static partial int EpollCreate(int flags);

    [LibraryImport(Library, EntryPoint = "epoll_ctl")]
    public static partial int EpollControl(int epoll, int operation, int descriptor, void* epollEvent);

    [LibraryImport(Library, EntryPoint = "epoll_wait")]
    public static partial int EpollWait(int epoll, void* events, int maximum, int timeoutMilliseconds);

    [LibraryImport(Library, EntryPoint = "eventfd")]
    public static partial int EventDescriptor(uint initial, int flags);

    [LibraryImport(Library, EntryPoint = "read")]
    public static partial nint Read(int descriptor, void* buffer, nuint count);

    [LibraryImport(Library, EntryPoint = "write")]
    public static partial nint Write(int descriptor, void* buffer, nuint count);

    [LibraryImport(Library, EntryPoint = "recvmmsg")]
    public static partial int ReceiveBatch(int descriptor, BatchHeader* headers, uint count, int flags, void* timeout);

    [LibraryImport(Library, EntryPoint = "recvmsg")]
    public static partial nint Receive(int descriptor, MessageHeader* header, int flags);

    [LibraryImport(Library, EntryPoint = "sendmmsg")]
    public static partial int SendBatch(int descriptor, BatchHeader* headers, uint count, int flags);

    [LibraryImport(Library, EntryPoint = "sendmsg")]
    public static partial nint Send(int descriptor, MessageHeader* header, int flags);

    [LibraryImport(Library, EntryPoint = "sendto")]
    public static partial nint SendTo(int descriptor, void* buffer, nuint length, int flags, SocketEndpoint* address, uint addressLength);

    public static int SetSocketOption(int descriptor, int level, int name, int value) =>
        SetSocketOption(descriptor, level, name, &value, sizeof(int));

    public static int GetSocketOption(int descriptor, int level, int name)
    {
        int value = 0;
        uint length = sizeof(int);
        return GetSocketOption(descriptor, level, name, &value, &length) == 0 ? value : 0;
    }

    public static SocketError ToSocketError(int errno) => errno switch
    {
        Errno.AddressInUse => SocketError.AddressAlreadyInUse,
        Errno.AddressNotAvailable or Errno.NoDevice => SocketError.AddressNotAvailable,
        Errno.NotPermitted or Errno.AccessDenied => SocketError.AccessDenied,
        Errno.ProcessFilesExhausted or Errno.SystemFilesExhausted => SocketError.TooManyOpenSockets,
        Errno.FamilyNotSupported => SocketError.AddressFamilyNotSupported,
        Errno.NoBuffers or Errno.NoMemory or Errno.NoSpace => SocketError.NoBufferSpaceAvailable,
        Errno.InvalidArgument => SocketError.InvalidArgument,
        _ => SocketError.SocketError,
    };
}
