using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Turnpike.Sockets.Linux;
using Turnpike.Sockets.Portable;

namespace Turnpike.Sockets;

/// <summary>
/// One thread's UDP sockets: it waits for datagrams, gives them to a handler in batches and sends what the handler asks for in
/// batches. Not thread-safe but for <see cref="Wake"/>.
/// </summary>
public abstract class DatagramReactor : IDisposable
{
    /// <summary>The longest length of <see cref="Rent"/> and of a datagram, in bytes.</summary>
    public const int MaxDatagram = 65_535;

    private protected DatagramReactor()
    {
    }

    /// <summary>What this reactor did.</summary>
    public ReactorCounters Counters { get; } = new();

    /// <summary>
    /// Makes the reactor of this system: epoll, recvmmsg and sendmmsg on 64-bit Linux; System.Net.Sockets elsewhere and on request.
    /// </summary>
    /// <exception cref="SocketException">The system gives no more descriptors.</exception>
    public static DatagramReactor Create(ReactorOptions? options = null) =>
        OperatingSystem.IsLinux() && options is not { Portable: true } &&
        RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.Arm64
            ? new LinuxReactor(options is not { SegmentationOffload: false })
            : new PortableReactor();

    /// <summary>Opens, binds and attaches a socket. Port 0 is the system's choice.</summary>
    /// <param name="local">The address and port to bind.</param>
    /// <param name="options">What the socket can do.</param>
    /// <param name="state">The owner's reference, <see cref="DatagramSocket.State"/>.</param>
    /// <param name="socket">The socket, or null.</param>
    /// <param name="error">
    /// Success, or why not: AddressAlreadyInUse, AddressNotAvailable, AccessDenied, TooManyOpenSockets (the descriptor limit),
    /// AddressFamilyNotSupported, NoBufferSpaceAvailable …
    /// </param>
    public abstract bool TryOpen(
        in SocketEndpoint local,
        DatagramSocketOptions options,
        object? state,
        [NotNullWhen(true)] out DatagramSocket? socket,
        out SocketError error);

    /// <summary>
    /// Sends what the socket has unsent and closes it. Safe inside a callback, for the socket being read too: its datagrams that
    /// were not delivered yet are discarded. Closing a closed socket does nothing. A detached socket may be closed by any reactor.
    /// </summary>
    /// <exception cref="InvalidOperationException">The socket is attached to another reactor.</exception>
    public abstract void Close(DatagramSocket socket);

    /// <summary>
    /// Sends what the socket has unsent and stops reading it; packets wait in the kernel until it is attached again. Whoever
    /// detached a socket closes it, or attaches it to a reactor of the same backend.
    /// </summary>
    /// <exception cref="InvalidOperationException">The socket is not attached to this reactor.</exception>
    public abstract void Detach(DatagramSocket socket);

    /// <summary>Starts reading a detached socket on this reactor.</summary>
    /// <exception cref="InvalidOperationException">The socket is attached, closed, or of another backend.</exception>
    /// <exception cref="SocketException">The kernel refuses to watch one more socket.</exception>
    public abstract void Attach(DatagramSocket socket);

    /// <summary>
    /// One round: flush, wait, read one batch of each ready socket, call the handler for each datagram, flush now and then and at the
    /// end. May return before the time-out without traffic when a signal arrives.
    /// </summary>
    /// <param name="timeoutMilliseconds">How long to wait for the first event; 0 does not wait, -1 waits for traffic or a wake.</param>
    /// <param name="handler">Who gets the datagrams and errors.</param>
    /// <returns>The datagrams handled.</returns>
    public abstract int Poll(int timeoutMilliseconds, IDatagramHandler handler);

    /// <summary>
    /// Makes a waiting <see cref="Poll"/>, or the next one, return. Thread-safe; many wakes coalesce; harmless after disposal.
    /// </summary>
    public abstract void Wake();

    /// <summary>
    /// Transient send memory of this length with arbitrary content, valid until the next flush: fill it and <see cref="Send"/> it
    /// before renting again, because a full arena flushes by itself.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">More than <see cref="MaxDatagram"/> bytes.</exception>
    public abstract Span<byte> Rent(int length);

    /// <summary>
    /// Appends a datagram to the batch: without a copy when the payload is reactor memory (a receive buffer or <see cref="Rent"/>),
    /// which must then stay untouched until the flush; otherwise copied. The order is kept per socket. A datagram that the kernel
    /// does not take is dropped and counted.
    /// </summary>
    /// <param name="socket">A socket attached to this reactor; a closed one drops the datagram.</param>
    /// <param name="payload">The datagram.</param>
    /// <param name="destination">To whom.</param>
    /// <param name="source">
    /// The local address to send from, its port ignored; default lets the kernel choose. Honoured with
    /// <see cref="DatagramSocketOptions.ReceivePacketInfo"/>.
    /// </param>
    /// <param name="trafficClass">The TOS or Traffic Class octet.</param>
    /// <param name="dontFragment">
    /// Sets DF (IPv6: forbids fragmentation at this host); a datagram beyond the known path MTU is dropped.
    /// </param>
    /// <exception cref="InvalidOperationException">The socket is not attached to this reactor.</exception>
    public abstract void Send(
        DatagramSocket socket,
        ReadOnlySpan<byte> payload,
        in SocketEndpoint destination,
        in SocketEndpoint source,
        byte trafficClass = 0,
        bool dontFragment = false);

    /// <summary>Sends everything that was appended.</summary>
    public abstract void Flush();

    /// <summary>
    /// Closes every attached socket. Call it on the reactor's thread outside a callback, or when that thread is done.
    /// </summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Releases the backend's resources.</summary>
    protected abstract void Dispose(bool disposing);
}
