using System.Buffers.Binary;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Turnpike.Sockets.Tests;

/// <summary>
/// A network namespace of a test's own: it belongs to one thread, and the sockets that the thread opens live in it. It has a
/// loopback interface of a chosen MTU and goes with its last socket.
/// </summary>
internal static partial class PrivateNetwork
{
    private const int NewNetwork = 0x40000000;
    private const uint SetFlags = 0x8914;
    private const uint SetAddress = 0x8916;
    private const uint SetNetmask = 0x891C;
    private const uint SetMtu = 0x8922;
    private const uint TunSetInterface = 0x400454CA;

    /// <summary>Runs the test on a thread inside a new namespace, or skips it where the process may not make one.</summary>
    public static void Run(int mtu, Action test)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Network namespaces are Linux's.");
        ExceptionDispatchInfo? failure = null;
        bool isAllowed = true;
        var thread = new Thread(() =>
        {
            try
            {
                isAllowed = Unshare(NewNetwork) == 0;
                if (isAllowed)
                {
                    Configure("lo", SetMtu, mtu);
                    Configure("lo", SetFlags, 1);
                    test();
                }
            }
            catch (Exception exception)
            {
                // Carried to the test's own thread, which throws it.
                failure = ExceptionDispatchInfo.Capture(exception);
            }
        });
        thread.Start();
        thread.Join();
        failure?.Throw();
        Assert.SkipUnless(isAllowed, "A network namespace needs CAP_SYS_ADMIN.");
    }

    /// <summary>
    /// An Ethernet interface 10.77.0.1/24 on which nobody answers: what is sent to a neighbour waits in the kernel for an address
    /// resolution that never ends, and fills the send buffer.
    /// </summary>
    public static FileStream OpenSilentInterface()
    {
        var device = new FileStream("/dev/net/tun", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, 0);

        // IFF_TAP without packet information.
        Control((int)device.SafeFileHandle.DangerousGetHandle(), TunSetInterface, Request("silent0", 0x1002));
        byte[] address = [2, 0, 0, 0, 10, 77, 0, 1];
        byte[] netmask = [2, 0, 0, 0, 255, 255, 255, 0];
        Configure("silent0", SetAddress, address);
        Configure("silent0", SetNetmask, netmask);
        Configure("silent0", SetFlags, 1);
        return device;
    }

    private static void Configure(string name, uint request, int value) => Configure(name, request, BitConverter.GetBytes(value));

    private static void Configure(string name, uint request, byte[] value)
    {
        int descriptor = Socket(2, 2, 0);
        Assert.True(descriptor >= 0);
        try
        {
            byte[] buffer = Request(name, 0);
            value.CopyTo(buffer, 16);
            Control(descriptor, request, buffer);
        }
        finally
        {
            Assert.Equal(0, Close(descriptor));
        }
    }

    /// <summary>struct ifreq: a name of 16 bytes, then the value.</summary>
    private static byte[] Request(string name, short flags)
    {
        byte[] buffer = new byte[40];
        Encoding.ASCII.GetBytes(name, buffer);
        BinaryPrimitives.WriteInt16LittleEndian(buffer.AsSpan(16), flags);
        return buffer;
    }

    private static void Control(int descriptor, uint request, byte[] buffer) =>
        Assert.True(Control(descriptor, request, ref buffer[0]) == 0, $"ioctl {request:X}: error {Marshal.GetLastPInvokeError()}");

    [LibraryImport("libc", EntryPoint = "unshare", SetLastError = true)]
    private static partial int Unshare(int flags);

    [LibraryImport("libc", EntryPoint = "socket")]
    private static partial int Socket(int family, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Control(int descriptor, nuint request, ref byte argument);
}
