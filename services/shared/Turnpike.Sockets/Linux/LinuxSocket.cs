using System.Net.Sockets;

namespace Turnpike.Sockets.Linux;

/// <summary>A socket descriptor with what the reactor keeps about it.</summary>
internal sealed unsafe class LinuxSocket : DatagramSocket
{
    private readonly DatagramSocketOptions _options;
    private readonly bool _trains;
    private bool _isPrepared;

    private LinuxSocket(int descriptor, in SocketEndpoint local, DatagramSocketOptions options, bool trains, object? state)
        : base(local, state)
    {
        _options = options;
        _trains = trains;
        _isPrepared = !options.StartsIdle;
        Descriptor = descriptor;
        PacketInfo = options.ReceivePacketInfo;
        IsIPv6 = local.IsIPv6;
        DualStack = local.IsIPv6 && !options.IPv6Only;
        RestingMtuDiscover = RestingMode(options);
    }

    public int Descriptor { get; }

    public bool PacketInfo { get; }

    public bool IsIPv6 { get; }

    public bool DualStack { get; }

    /// <summary>The path MTU mode between sends with "do not fragment".</summary>
    public int RestingMtuDiscover { get; }

    public override int GrantedReceiveBuffer =>
        IsClosed ? 0 : LibC.GetSocketOption(Descriptor, Option.LevelSocket, Option.ReceiveBuffer) / 2;

    public override int GrantedSendBuffer =>
        IsClosed ? 0 : LibC.GetSocketOption(Descriptor, Option.LevelSocket, Option.SendBuffer) / 2;

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

    /// <param name="local">Where it is bound.</param>
    /// <param name="options">How it is opened.</param>
    /// <param name="trains">Whether it asks for trains in one piece.</param>
    /// <param name="state">The owner's reference.</param>
    /// <param name="socket">The socket; null when it cannot be opened.</param>
    /// <param name="error">Why.</param>
    public static bool TryOpen(
        in SocketEndpoint local, DatagramSocketOptions options, bool trains, object? state, out LinuxSocket? socket, out SocketError error)
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
        if (!ConfigureBinding(descriptor, local.IsIPv6, options) ||
            !(options.StartsIdle || ConfigureTraffic(descriptor, local.IsIPv6, options, trains)) ||
            LibC.Bind(descriptor, &bound, bound.NativeLength) != 0 ||
            (local.Port == 0 && LibC.GetSocketName(descriptor, &bound, &length) != 0))
        {
            error = LibC.ToSocketError(LibC.LastError);
            _ = LibC.Close(descriptor);
            return false;
        }

        socket = new LinuxSocket(descriptor, bound, options, trains, state);
        error = SocketError.Success;
        return true;
    }

    public override void Prepare()
    {
        if (!_isPrepared && !IsClosed)
        {
            _isPrepared = true;
            _ = ConfigureTraffic(Descriptor, IsIPv6, _options, _trains);
        }
    }

    /// <summary>Forbids fragmentation for the sends until <see cref="AllowFragments"/>.</summary>
    public void ForbidFragments()
    {
        SetMtuDiscover(Option.MtuDiscoverDo);
        if (IsIPv6)
        {
            LibC.SetSocketOption(Descriptor, Option.LevelIPv6, Option.IPv6DontFragment, 1);
        }
    }

    public void AllowFragments()
    {
        SetMtuDiscover(RestingMtuDiscover);
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

    private static bool ConfigureBinding(int descriptor, bool isIPv6, DatagramSocketOptions options) =>
        (!options.ReusePort || Set(descriptor, Option.LevelSocket, Option.ReusePort, 1)) &&
        (!isIPv6 || Set(descriptor, Option.LevelIPv6, Option.IPv6Only, options.IPv6Only ? 1 : 0));

    private static bool ConfigureTraffic(int descriptor, bool isIPv6, DatagramSocketOptions options, bool trains)
    {
        bool done = Set(descriptor, Option.LevelSocket, Option.ReceiveQueueOverflow, 1);
        if (isIPv6)
        {
            done &= ConfigureFamily(
                descriptor, options, Option.LevelIPv6, Option.IPv6MtuDiscover, Option.MtuDiscoverDont,
                Option.IPv6ReceivePacketInfo, Option.IPv6ReceiveTrafficClass, Option.IPv6ReceiveErrors);
        }

        if (!isIPv6 || !options.IPv6Only)
        {
            done &= ConfigureFamily(
                descriptor, options, Option.LevelIPv4, Option.IPv4MtuDiscover, RestingMode(options),
                Option.IPv4PacketInfo, Option.IPv4ReceiveTypeOfService, Option.IPv4ReceiveErrors);
        }

        if (options.ReceiveBuffer > 0)
        {
            SetBuffer(descriptor, Option.ReceiveBufferForce, Option.ReceiveBuffer, options.ReceiveBuffer);
        }

        if (options.SendBuffer > 0)
        {
            SetBuffer(descriptor, Option.SendBufferForce, Option.SendBuffer, options.SendBuffer);
        }

        if (trains)
        {
            // A kernel older than 5.0 refuses, and gives single datagrams.
            Set(descriptor, Option.LevelUdp, Option.UdpReceiveOffload, 1);
        }

        return done;
    }

    private static bool ConfigureFamily(
        int descriptor,
        DatagramSocketOptions options,
        int level,
        int mtuDiscover,
        int mode,
        int packetInfo,
        int trafficClass,
        int errors) =>
        Set(descriptor, level, mtuDiscover, mode) &&
        (!options.ReceivePacketInfo || Set(descriptor, level, packetInfo, 1)) &&
        (!options.ReceiveTrafficClass || Set(descriptor, level, trafficClass, 1)) &&
        (!options.ReceiveErrors || Set(descriptor, level, errors, 1));

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
