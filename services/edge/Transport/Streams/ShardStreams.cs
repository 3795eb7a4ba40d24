using System.Buffers;
using System.Collections.Concurrent;
using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;
using Turnpike.Server;

namespace Turnpike.Edge.Transport.Streams;

/// <summary>Sends what the server answers, to a client of whatever transport or to a peer.</summary>
internal delegate void SendEgress(in Egress egress, byte trafficClass);

/// <summary>
/// A shard's TCP and TLS clients. Their connections live on the thread pool and put bursts of frames into the inbox; all else here
/// happens on the shard's thread, which never waits for a client: what one does not read in time is dropped from its backlog.
/// </summary>
/// <param name="server">The shard's server.</param>
/// <param name="clock">The shards' clock.</param>
/// <param name="wake">Has the shard's thread look into the inbox. Thread-safe.</param>
/// <param name="send">Where answers go.</param>
internal sealed class ShardStreams(TurnServer server, ShardClock clock, Action wake, SendEgress send)
{
    /// <summary>
    /// The first number of a connection. It is the path of the connection's 5-tuple, and the numbers below are those of datagram
    /// sockets.
    /// </summary>
    public const int FirstNumber = 0x4000_0000;

    // One round's share, after which UDP has its turn.
    private const int BurstsPerRound = 64;

    private readonly ConcurrentQueue<StreamWork> _inbox = new();
    private readonly Dictionary<int, StreamConnection> _byNumber = [];
    private readonly Dictionary<FiveTuple, StreamConnection> _byFiveTuple = [];
    private readonly List<StreamConnection> _toWrite = [];

    /// <summary>Messages dropped because a client reads too slowly.</summary>
    public long BacklogDrops { get; private set; }

    /// <summary>Messages dropped because the client's connection is gone.</summary>
    public long ClosedDrops { get; private set; }

    /// <summary>The clients of the shard that gave a CONNECTION-ID out; null where TCP is not relayed.</summary>
    public Func<uint, ShardStreams>? ConnectionIdOwner { get; set; }

    /// <summary>The clients of a shard by its number, for mobility tickets (RFC 8016); null where those are off.</summary>
    public Func<int, ShardStreams>? TicketOwner { get; set; }

    /// <summary>Whether <see cref="Read"/> left something for the next round.</summary>
    public bool HasWork => !_inbox.IsEmpty;

    public static bool IsStream(in FiveTuple fiveTuple) => fiveTuple.Path >= FirstNumber;

    /// <summary>Puts something into the inbox. Thread-safe.</summary>
    public void Post(in StreamWork work)
    {
        _inbox.Enqueue(work);
        wake();
    }

    /// <summary>Handles one round's share of what came in.</summary>
    public void Read()
    {
        for (int i = 0; i < BurstsPerRound && _inbox.TryDequeue(out StreamWork work); i++)
        {
            StreamConnection connection = work.Connection;
            if (!ReferenceEquals(connection.Shard, this))
            {
                connection.Shard.Post(work);
                continue;
            }

            switch (work.Kind)
            {
                case StreamWorkKind.Opened:
                    Add(connection);
                    break;
                case StreamWorkKind.Frames:
                    Handle(connection, work.Buffer.AsSpan(0, work.Length));
                    ArrayPool<byte>.Shared.Return(work.Buffer!);
                    if (ReferenceEquals(connection.Shard, this))
                    {
                        connection.OnBurstHandled();
                    }

                    break;
                case StreamWorkKind.Quiet:
                    connection.OnQuiet(server.HasAllocation(connection.FiveTuple));
                    break;
                default:
                    Remove(connection);
                    connection.OnRemoved();
                    break;
            }
        }
    }

    /// <summary>Appends a message to its connection's backlog.</summary>
    public void Send(in Egress egress)
    {
        if (!_byNumber.TryGetValue(egress.FiveTuple.Path, out StreamConnection? connection)
            || !connection.FiveTuple.Matches(egress.FiveTuple))
        {
            ClosedDrops++;
            return;
        }

        BacklogDrops += connection.Append(egress.Datagram, egress.Relayed);
        if (!connection.IsToBeWritten)
        {
            connection.IsToBeWritten = true;
            _toWrite.Add(connection);
        }

        if (!egress.Relayed)
        {
            StreamAnswer.Look(connection, egress.Datagram, server);
        }
    }

    /// <summary>At the end of a round: has what was appended written, by other threads.</summary>
    public void Flush()
    {
        foreach (StreamConnection connection in _toWrite)
        {
            connection.IsToBeWritten = false;
            connection.BeginWriting();
        }

        _toWrite.Clear();
    }

    /// <summary>
    /// Gives the bytes of a connection to <paramref name="relay"/> once its ConnectionBind is answered with success: first those that
    /// came behind the request, and not before the answer has been written. Call it before that answer is sent, or after it.
    /// </summary>
    /// <param name="dataConnection">The connection's 5-tuple.</param>
    /// <param name="relay">Runs on the thread pool until the relayed connection has ended.</param>
    /// <returns>False when the connection is gone.</returns>
    public bool TryTakeOver(in FiveTuple dataConnection, Func<StreamPipes, Task> relay) =>
        _byNumber.TryGetValue(dataConnection.Path, out StreamConnection? connection)
            && connection.FiveTuple.Matches(dataConnection)
            && connection.TryTakeOver(relay);

    private void Add(StreamConnection connection)
    {
        // Two live connections have one 5-tuple only when a proxy has not noticed yet that the older is gone.
        if (_byFiveTuple.TryGetValue(connection.FiveTuple, out StreamConnection? older))
        {
            Remove(older);
            older.Close(StreamClose.Superseded);
        }

        _byFiveTuple.Add(connection.FiveTuple, connection);
        _byNumber.Add(connection.Number, connection);
    }

    private void Remove(StreamConnection connection)
    {
        if (_byNumber.Remove(connection.Number))
        {
            _byFiveTuple.Remove(connection.FiveTuple);
            server.OnClientClosed(connection.FiveTuple, clock.Now);
        }
    }

    /// <summary>
    /// The shard that has to judge a frame, where it is another: for a ConnectionBind the one that gave out its CONNECTION-ID, for a
    /// mobility ticket the one that has the allocation. Null for all else.
    /// </summary>
    private ShardStreams? OwnerOf(StreamConnection connection, ReadOnlySpan<byte> frame)
    {
        if (TicketOwner is not null && server.TryReadTicketOwner(connection.FiveTuple, frame, clock.Now, out int number))
        {
            ShardStreams named = TicketOwner(number);
            return ReferenceEquals(named, this) ? null : named;
        }

        if (ConnectionIdOwner is null
            || !StreamFrames.IsConnectionBind(frame)
            || StunMessage.TryParse(frame, out StunMessage message) != StunParseResult.Ok
            || ConnectionId.Read(message, out uint id) != AttributeResult.Ok)
        {
            return null;
        }

        ShardStreams owner = ConnectionIdOwner(id);
        return ReferenceEquals(owner, this) ? null : owner;
    }

    /// <summary>
    /// Hands a connection without an allocation over, with the frame that it is handed over for, which ends its burst: before that is
    /// handled the reader posts no other. Its end, should that come by the old way, is passed on.
    /// </summary>
    private void MoveTo(ShardStreams other, StreamConnection connection, ReadOnlySpan<byte> frames)
    {
        Remove(connection);
        if (connection.IsToBeWritten)
        {
            connection.IsToBeWritten = false;
            _toWrite.Remove(connection);
            connection.BeginWriting();
        }

        byte[] buffer = ArrayPool<byte>.Shared.Rent(frames.Length);
        frames.CopyTo(buffer);
        connection.Shard = other;
        other.Post(new StreamWork(StreamWorkKind.Opened, connection));
        other.Post(new StreamWork(StreamWorkKind.Frames, connection, buffer, frames.Length));
    }

    private void Handle(StreamConnection connection, ReadOnlySpan<byte> frames)
    {
        // What a superseded connection still had under way belongs to nobody.
        long now = clock.Now;
        while (!connection.IsRefused && _byNumber.ContainsKey(connection.Number)
            && StreamFraming.TryReadFrame(frames, StreamFrames.Longest, out int length, out int padded) == FrameResult.Frame)
        {
            ReadOnlySpan<byte> frame = frames[..length];
            if (OwnerOf(connection, frame) is { } owner && !server.HasAllocation(connection.FiveTuple))
            {
                MoveTo(owner, connection, frames);
                return;
            }

            frames = frames[padded..];

            Egress egress = server.OnClientDatagram(in connection.FiveTuple, frame, now);
            send(in egress, trafficClass: 0);
            if (egress.Kind is not (EgressKind.ToClient or EgressKind.Pending) && StreamFrames.IsConnectionBind(frame))
            {
                connection.OnConnectionBind(succeeded: false);
            }
            else if (StreamFrames.IsRefresh(frame))
            {
                connection.OnRefreshed();
            }
        }
    }
}
