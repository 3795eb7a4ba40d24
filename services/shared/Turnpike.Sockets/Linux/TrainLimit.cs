namespace Turnpike.Sockets.Linux;

/// <summary>
/// How many datagrams the kernel takes in one UDP_SEGMENT message: UDP_MAX_SEGMENTS, 64 at first and 128 since Linux 6.8, which no
/// call tells. So it is tried once, on loopback.
/// </summary>
internal static unsafe class TrainLimit
{
    /// <summary>Room for the control message that makes a send a train.</summary>
    public const int ControlSpace = 24;

    private const int Greatest = 128;
    private const int Least = 64;

    /// <summary>0 where the kernel has no UDP_SEGMENT: such a kernel would ignore the control message and send one long datagram.</summary>
    public static int Value { get; } = Find();

    /// <summary>Writes the control message that splits a send into datagrams of a length.</summary>
    public static void Write(byte* at, int length) =>
        *(ushort*)ControlHeader.Write(at, Option.LevelUdp, Option.UdpSegment, sizeof(ushort)) = (ushort)length;

    private static int Find()
    {
        int descriptor = LibC.Socket(Option.FamilyIPv4, Option.TypeDatagram | Option.NonBlocking | Option.CloseOnExec, 0);
        if (descriptor < 0)
        {
            return 0;
        }

        SocketEndpoint self = SocketEndpoint.IPv4(0x7F00_0001, 0);
        uint length = (uint)sizeof(SocketEndpoint);
        int found = 0;
        if (LibC.SetSocketOption(descriptor, Option.LevelUdp, Option.UdpSegment, 0) == 0)
        {
            bool tries = LibC.Bind(descriptor, &self, self.NativeLength) == 0 && LibC.GetSocketName(descriptor, &self, &length) == 0;
            found = tries && Takes(descriptor, &self, Greatest) ? Greatest : Least;
        }

        _ = LibC.Close(descriptor);
        return found;
    }

    private static bool Takes(int descriptor, SocketEndpoint* self, int datagrams)
    {
        byte* payload = stackalloc byte[datagrams];
        byte* control = stackalloc byte[ControlSpace];
        new Span<byte>(payload, datagrams).Clear();
        Write(control, 1);
        var vector = new IoVector { Base = payload, Length = (nuint)datagrams };
        var message = new MessageHeader
        {
            Name = self,
            NameLength = self->NativeLength,
            Vectors = &vector,
            VectorCount = 1,
            Control = control,
            ControlLength = ControlSpace,
        };
        return LibC.Send(descriptor, &message, Option.MessageDontWait | Option.MessageNoSignal) == datagrams;
    }
}
