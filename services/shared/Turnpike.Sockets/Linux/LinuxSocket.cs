using System.Net.Sockets;

namespace Turnpike.Sockets.Linux;

/// <summary>A socket descriptor with what the reactor keeps about it.</summary>
internal sealed unsafe class LinuxSocket : DatagramSocket
{
    private readonly DatagramSocketOptions _options;
    private bool _isPrepared;

    private LinuxSocket(int descriptor, in SocketEndpoint local, DatagramSocketOptions options, object? state)
        : base(local, state)
    {
        _options = options;
        Descriptor = descriptor;
        PacketInfo = options.ReceivePacketInfo;
        IsIPv6 = local.IsIPv6;
        DualStack = local.IsIPv6 && !options.IPv6Only;
    }

    public int Descriptor { get; }

    public bool PacketInfo { get; }

    public bool IsIPv6 { get; }

    public bool DualStack { get; }

    public override int GrantedReceiveBuffer =>
        IsClosed ? 0 : LibC.GetSocketOption(Descriptor, Option.LevelSocket, Option.ReceiveBuffer) / 2;

    public override int GrantedSendBuffer
    {
        get
        {
            if (IsClosed)
            {
                return 0;
            }

            PrepareToSend();
            return LibC.GetSocketOption(Descriptor, Option.LevelSocket, Option.SendBuffer) / 2;
        }
    }

    // The reactor's own notes, kept here so that a datagram costs no look-up.

    /// <summary>Index in the reactor's table, and what distinguishes its users over time.</summary>
    public int TableIndex { get; set; } = -1;

    /// <summary>Unsent entries, a list inside the send pool.</summary>
    public int FirstUnsent { get; set; }

    public int LastUnsent { get; set; }

    public int UnsentCount { get; set; }

    /// <summary>Whether the socket stands in the reactor's list of sockets with unsent entries.</summary>
    public bool IsQueued { get; set; }

    /// <summary>How many datagrams the next read asks for, and the round of the last read that was filled.</summary>
    public int ReadBatch { get; set; } = 1;

    public long LastFullRound { get; set; } = -1;

    /// <summary>The last cumulative drop count that the kernel told.</summary>
    public uint KernelDrops { get; set; }

    /// <summary>Whether the way of this socket's datagrams has not refused trains for good.</summary>
    public bool SendsTrains { get; set; } = true;

    public static bool TryOpen(
        in SocketEndpoint local, DatagramSocketOptions options, object? state, out LinuxSocket? socket, out SocketError error)
    {
        socket = null;
        if (!local.IsIPv4 && !local.IsIPv6)
        {
            error = SocketError.AddressFamilyNotSupported;
            return false;
        }

        int descriptor = LibC.Socket(
            local.IsIPv6 ? Option.FamilyIPv6 : Option.FamilyIPv4,
            Option.TypeDatagram | Option.NonBlocking | Option.CloseOnExec,
            0);
        if (descriptor < 0)
        {
            error = LibC.ToSocketError(LibC.LastError);
            return false;
        }

        SocketEndpoint bound = local;
        uint length = (uint)sizeof(SocketEndpoint);
        if (!Configure(descriptor, local.IsIPv6, options) ||
            LibC.Bind(descriptor, &bound, bound.NativeLength) != 0 ||
            (local.Port == 0 && LibC.GetSocketName(descriptor, &bound, &length) != 0))
        {
            error = LibC.ToSocketError(LibC.LastError);
            _ = LibC.Close(descriptor);
            return false;
        }

        socket = new LinuxSocket(descriptor, bound, options, state);
        error = SocketError.Success;
        return true;
    }

    /// <summary>Asks for trains in one piece. A kernel older than 5.0 refuses, and gives single datagrams.</summary>
    public void ReceiveTrains() => Set(Descriptor, Option.LevelUdp, Option.UdpReceiveOffload, 1);

    /// <summary>
    /// Sets what only matters to a socket that sends, before it does for the first time: many a relayed transport address is never used, and these calls
    /// are three in seven of those that set its socket up.
    /// </summary>
    public void PrepareToSend()
    {
        if (_isPrepared)
        {
            return;
        }

        _isPrepared = true;
        SetMtuDiscover(RestingMode(_options));
        if (_options.ReceiveErrors && (!IsIPv6 || DualStack))
        {
            Set(Descriptor, Option.LevelIPv4, Option.IPv4ReceiveErrors, 1);
        }

        if (_options.ReceiveErrors && IsIPv6)
        {
            Set(Descriptor, Option.LevelIPv6, Option.IPv6ReceiveErrors, 1);
        }

        if (_options.SendBuffer > 0)
        {
            SetBuffer(Descriptor, Option.SendBufferForce, Option.SendBuffer, _options.SendBuffer);
        }
    }

    /// <summary>Forbids fragmentation for the sends until <see cref="AllowFragments"/>.</summary>
    public void ForbidFragments()
    {
        PrepareToSend();
        SetMtuDiscover(Option.MtuDiscoverDo);
        if (IsIPv6)
        {
            LibC.SetSocketOption(Descriptor, Option.LevelIPv6, Option.IPv6DontFragment, 1);
        }
    }

    public void AllowFragments()
    {
        SetMtuDiscover(RestingMode(_options));
        if (IsIPv6)
        {
            LibC.SetSocketOption(Descriptor, Option.LevelIPv6, Option.IPv6DontFragment, 0);
        }
    }

    /// <summary>
    /// Neither mode sets DF. With IP_PMTUDISC_DONT, Linux swallows "fragmentation needed" instead of queueing it as an error
    /// (net/ipv4/udp.c, __udp4_lib_err), and the answer to a DF datagram comes after the mode went back: a socket that reports
    /// errors therefore rests in IP_PMTUDISC_OMIT. IPv6 queues "packet too big" with IPV6_PMTUDISC_DONT and drops it with OMIT.
    /// </summary>
    private static int RestingMode(DatagramSocketOptions options) =>
        options.ReceiveErrors ? Option.MtuDiscoverOmit : Option.MtuDiscoverDont;

    private void SetMtuDiscover(int mode)
    {
        if (!IsIPv6 || DualStack)
        {
            LibC.SetSocketOption(Descriptor, Option.LevelIPv4, Option.IPv4MtuDiscover, mode);
        }

        if (IsIPv6)
        {
            int ipv6Mode = mode == Option.MtuDiscoverDo ? mode : Option.MtuDiscoverDont;
            LibC.SetSocketOption(Descriptor, Option.LevelIPv6, Option.IPv6MtuDiscover, ipv6Mode);
        }
    }

    private static bool Configure(int descriptor, bool isIPv6, DatagramSocketOptions options)
    {
        bool done = Set(descriptor, Option.LevelSocket, Option.ReceiveQueueOverflow, 1);
        if (options.ReusePort)
        {
            done &= Set(descriptor, Option.LevelSocket, Option.ReusePort, 1);
        }

        if (isIPv6)
        {
            done &= Set(descriptor, Option.LevelIPv6, Option.IPv6Only, options.IPv6Only ? 1 : 0);
            done &= ConfigureFamily(
                descriptor, options, Option.LevelIPv6, Option.IPv6ReceivePacketInfo, Option.IPv6ReceiveTrafficClass);
        }

        if (!isIPv6 || !options.IPv6Only)
        {
            done &= ConfigureFamily(
                descriptor, options, Option.LevelIPv4, Option.IPv4PacketInfo, Option.IPv4ReceiveTypeOfService);
        }

        if (options.ReceiveBuffer > 0)
        {
            SetBuffer(descriptor, Option.ReceiveBufferForce, Option.ReceiveBuffer, options.ReceiveBuffer);
        }

        return done;
    }

    private static bool ConfigureFamily(int descriptor, DatagramSocketOptions options, int level, int packetInfo, int trafficClass) =>
        (!options.ReceivePacketInfo || Set(descriptor, level, packetInfo, 1)) &&
        (!options.ReceiveTrafficClass || Set(descriptor, level, trafficClass, 1));

    /// <summary>The forced option passes net.core.rmem_max and wmem_max where the process may (CAP_NET_ADMIN).</summary>
    private static void SetBuffer(int descriptor, int forced, int plain, int bytes)
    {
        if (!Set(descriptor, Option.LevelSocket, forced, bytes))
        {
            Set(descriptor, Option.LevelSocket, plain, bytes);
        }
    }

    private static bool Set(int descriptor, int level, int name, int value) =>
        LibC.SetSocketOption(descriptor, level, name, value) == 0;
}
