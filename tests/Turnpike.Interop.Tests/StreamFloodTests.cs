using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Turnpike.Interop.Clients;
using Turnpike.Interop.Processes;
using Turnpike.Interop.Servers;

namespace Turnpike.Interop;

/// <summary>Streams that are held open, torn and mutated: a UDP call beside them loses nothing.</summary>
[Collection(Quiet.Name)]
public sealed class StreamFloodTests : InteropTest
{
    private const int IdleConnections = 5_000;
    private const int MutatedStreams = 300;
    private const int MessagesPerStream = 40;
    private const int AtOnce = 50;
    private const ulong Seed = 20_261_126;
    private const int CallMessages = 400;

    private static readonly TimeSpan Prompt = TimeSpan.FromSeconds(30);

    [Fact(SkipUnless = nameof(Target.IsEdge), SkipType = typeof(Target), Skip = Target.EdgeOnly)]
    public async Task Five_thousand_idle_connections_and_mutated_streams_cost_a_UDP_call_nothing()
    {
        var address = Loopback.NextAddress();
        var settings = new ServerSettings { Address = address, Tcp = true, Certificate = CertificateFor(address) };

        // The idle ones would be closed after ten seconds; here they stay, so that they weigh on the server all the while.
        var edge = await StartEdgeAsync(settings, ("Edge__Streams__FirstFrameTimeout", "300"));
        var peer = await StartEchoPeerAsync(IPAddress.Loopback);
        using var victim = await TurnClient.ConnectAsync(edge.EndPoint);
        Assert.True((await victim.AllocateAsync()).Succeeded);
        var hostile = new HostileDatagrams(Seed, victim);

        await using var call = Uclient.Start(edge.EndPoint, [.. Uclient.To(peer.EndPoint), "-n", $"{CallMessages}", "-m", "2", "-c"]);
        await call.WaitForTrafficAsync();
        Socket[] idle = await OpenIdleAsync(edge.EndPoint);
        await Deadline.UntilAsync(
            "all idle connections are the edge's", Prompt, async () => (await edge.MetricsAsync()).StreamConnections > IdleConnections);
        await SendMutatedAsync(edge, settings.Certificate.Sha1, hostile);
        Assert.False(call.HasEnded, "the call ended before the flood: nothing is shown about it");

        (await call.WaitForResultAsync()).AssertNothingLost(2 * CallMessages);
        Assert.True((await victim.RefreshAsync(600)).Succeeded);
        Array.ForEach(idle, socket => socket.Dispose());
        await Deadline.UntilAsync(
            "only the call's connection is left", Prompt, async () => (await edge.MetricsAsync()).StreamConnections == 1);
    }

    private static async Task<Socket[]> OpenIdleAsync(IPEndPoint server)
    {
        var sockets = new Socket[IdleConnections];
        await Parallel.ForAsync(
            0,
            IdleConnections,
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = TestContext.Current.CancellationToken },
            async (i, cancellation) =>
            {
                sockets[i] = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
                await sockets[i].ConnectAsync(server, cancellation);
            });
        return sockets;
    }

    // Every third stream is TLS, and of these every second one is noise instead of a handshake.
    private static async Task SendMutatedAsync(EdgeServer edge, string certificate, HostileDatagrams hostile)
    {
        byte[][][] streams = [.. Enumerable.Range(0, MutatedStreams)
            .Select(_ => Enumerable.Range(0, MessagesPerStream).Select(_ => hostile.Next()).ToArray())];
        await Parallel.ForAsync(
            0,
            MutatedStreams,
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = TestContext.Current.CancellationToken },
            async (i, cancellation) =>
            {
                bool secure = i % 3 == 0;
                var endPoint = secure ? edge.SecureEndPoint : edge.EndPoint;
                using var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(endPoint, cancellation);
                await using var plain = new NetworkStream(socket);
                await using var stream = secure && i % 2 == 0 ? Secure(plain, certificate) : (Stream)plain;
                try
                {
                    if (stream is SslStream tls)
                    {
                        await tls.AuthenticateAsClientAsync("turnpike.test");
                    }

                    foreach (byte[] message in streams[i])
                    {
                        await stream.WriteAsync(message, cancellation);
                    }
                }
                catch (IOException)
                {
                    // The edge closed the stream, as it may with any of these; what it must not do is let others notice.
                }
            });
    }

    private static SslStream Secure(Stream plain, string certificate) =>
        new(plain, leaveInnerStreamOpen: false, (_, shown, _, _) => shown?.GetCertHashString() == certificate);
}
