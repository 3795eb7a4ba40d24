using System.IO.Pipelines;
using System.Net.Sockets;
using Turnpike.Edge.Transport.Streams;
using Turnpike.Server;

namespace Turnpike.Edge.Transport.TcpRelay;

/// <summary>
/// Two connections as one: what comes in at either end goes out at the other, as it is (RFC 6062 section 5.4). Nothing is read
/// before what was read has been taken, so a slow end slows the other down and no more than a pipe's worth waits here.
/// </summary>
/// <param name="client">The client's end.</param>
/// <param name="peer">The peer's end; closed when the relaying ends.</param>
/// <param name="toPeers">Paces one direction.</param>
/// <param name="toClient">Paces the other.</param>
/// <param name="traffic">Counts the bytes.</param>
/// <param name="time">The source of time.</param>
internal sealed class Splice(
    StreamPipes client,
    Socket peer,
    ByteRate toPeers,
    ByteRate toClient,
    AllocationTraffic traffic,
    TimeProvider time)
    : IDisposable
{
    /// <summary>An end that has finished sending may still receive; when nothing comes for it for so long, it is gone altogether.</summary>
    public static readonly TimeSpan HalfClosedTimeout = TimeSpan.FromSeconds(60);

    private const int ChunkBytes = 16_384;

    private readonly CancellationTokenSource _stop = new();
    private long _relayed;

    /// <summary>Relays until both ends have finished, or one is lost.</summary>
    /// <param name="closed">Ends it from outside.</param>
    public async Task RunAsync(CancellationToken closed)
    {
        using CancellationTokenRegistration registration = closed.Register(static splice => ((Splice)splice!).Stop(), this);
        Task outward = GuardAsync(ToPeerAsync());
        Task inward = GuardAsync(ToClientAsync());
        Task first = await Task.WhenAny(outward, inward);
        Task second = ReferenceEquals(first, outward) ? inward : outward;
        while (!second.IsCompleted)
        {
            long before = Interlocked.Read(ref _relayed);
            await Task.WhenAny(second, Task.Delay(HalfClosedTimeout, time, _stop.Token));
            if (Interlocked.Read(ref _relayed) == before)
            {
                break;
            }
        }

        Stop();
        await second;
        peer.Dispose();
    }

    public void Dispose() => _stop.Dispose();

    private async Task ToPeerAsync()
    {
        ReadResult read;
        do
        {
            read = await client.Input.ReadAsync(_stop.Token);
            foreach (ReadOnlyMemory<byte> segment in read.Buffer)
            {
                for (ReadOnlyMemory<byte> rest = segment; !rest.IsEmpty;)
                {
                    int sent = await peer.SendAsync(rest[..Math.Min(rest.Length, ChunkBytes)], SocketFlags.None, _stop.Token);
                    rest = rest[sent..];
                    traffic.AddToPeers(sent);
                    Interlocked.Add(ref _relayed, sent);
                    await toPeers.PayAsync(sent, _stop.Token);
                }
            }

            client.Input.AdvanceTo(read.Buffer.End);
        }
        while (!read.IsCompleted && !read.IsCanceled);
        if (read.IsCanceled)
        {
            Stop();
            return;
        }

        peer.Shutdown(SocketShutdown.Send);
    }

    private async Task ToClientAsync()
    {
        while (true)
        {
            // Waits without a buffer: idle connections hold none.
            await peer.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None, _stop.Token);
            Memory<byte> buffer = client.Output.GetMemory();
            int received = await peer.ReceiveAsync(
                buffer[..Math.Min(buffer.Length, ChunkBytes)], SocketFlags.None, _stop.Token);
            if (received == 0)
            {
                break;
            }

            client.Output.Advance(received);
            FlushResult flushed = await client.Output.FlushAsync(_stop.Token);
            if (flushed.IsCompleted || flushed.IsCanceled)
            {
                Stop();
                return;
            }

            traffic.AddToClients(received);
            Interlocked.Add(ref _relayed, received);
            await toClient.PayAsync(received, _stop.Token);
        }

        await client.EndOutputAsync();
    }

    private async Task GuardAsync(Task direction)
    {
        try
        {
            await direction;
        }
        catch (Exception exception) when (exception is IOException or SocketException or OperationCanceledException
            or ObjectDisposedException or InvalidOperationException)
        {
            // One end is lost, so the other has nothing to wait for (RFC 6062 section 5.5).
            Stop();
        }
    }

    private void Stop() => _stop.Cancel();
}
