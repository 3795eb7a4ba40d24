namespace Turnpike.Sockets.Linux;

/// <summary>Error numbers, the same on x86-64 and arm64.</summary>
internal static class Errno
{
    public const int NotPermitted = 1;
    public const int Interrupted = 4;
    public const int InputOutput = 5;
    public const int WouldBlock = 11;
    public const int NoMemory = 12;
    public const int AccessDenied = 13;
    public const int NoDevice = 19;
    public const int InvalidArgument = 22;
    public const int SystemFilesExhausted = 23;
    public const int ProcessFilesExhausted = 24;
    public const int NoSpace = 28;
    public const int MessageSize = 90;
    public const int FamilyNotSupported = 97;
    public const int AddressInUse = 98;
    public const int AddressNotAvailable = 99;
    public const int NoBuffers = 105;
    public const int ConnectionRefused = 111;
}

/// <summary>Socket constants, the same on x86-64 and arm64.</summary>
internal static class Option
{
    public const int FamilyIPv4 = 2;
    public const int FamilyIPv6 = 10;
    public const int TypeDatagram = 2;
    public const int NonBlocking = 0x800;
    public const int CloseOnExec = 0x80000;

    public const int LevelSocket = 1;
    public const int ReusePort = 15;
    public const int SendBuffer = 7;
    public const int ReceiveBuffer = 8;
    public const int SocketError = 4;
    public const int SendBufferForce = 32;
    public const int ReceiveBufferForce = 33;
    public const int ReceiveQueueOverflow = 40;

    public const int LevelIPv4 = 0;
    public const int IPv4TypeOfService = 1;
    public const int IPv4PacketInfo = 8;
    public const int IPv4MtuDiscover = 10;
    public const int IPv4ReceiveErrors = 11;
    public const int IPv4ReceiveTypeOfService = 13;

    public const int LevelIPv6 = 41;
    public const int IPv6MtuDiscover = 23;
    public const int IPv6ReceiveErrors = 25;
    public const int IPv6Only = 26;
    public const int IPv6ReceivePacketInfo = 49;
    public const int IPv6PacketInfo = 50;
    public const int IPv6DontFragment = 62;
    public const int IPv6ReceiveTrafficClass = 66;
    public const int IPv6TrafficClass = 67;

    public const int LevelUdp = 17;
    public const int UdpSegment = 103;
    public const int UdpReceiveOffload = 104;

    public const int MtuDiscoverDont = 0;
    public const int MtuDiscoverDo = 2;
    public const int MtuDiscoverOmit = 5;

    public const int MessageTruncated = 0x20;
    public const int MessageDontWait = 0x40;
    public const int MessageErrorQueue = 0x2000;
    public const int MessageNoSignal = 0x4000;

    public const int EpollAdd = 1;
    public const int EpollDelete = 2;
    public const uint EpollIn = 1;
    public const uint EpollError = 8;
}
