using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Turnpike.Edge.Transport.Streams;

/// <summary>Puts the TCP and TLS listeners beside the management port: the same Kestrel accepts, but there is no HTTP on them.</summary>
public static class StreamExtensions
{
    // Above the longest frame, which has to fit as a whole; Kestrel's own megabyte is more than an unknown client is worth.
    private const int ReadBufferBytes = 128 * 1024;

    // A flush ends when the kernel has the bytes, not earlier: what waits does so in the backlog, which knows what to drop, and who
    // has flushed everything may shut the socket down.
    private const int WriteBufferBytes = 1;

    public static WebApplicationBuilder AddStreams(this WebApplicationBuilder builder)
    {
        builder.Services.Configure<SocketTransportOptions>(sockets =>
        {
            sockets.MaxReadBufferSize = ReadBufferBytes;
            sockets.MaxWriteBufferSize = WriteBufferBytes;
            sockets.CreateBoundListenSocket = StreamListener.Take;
        });
        // After the management port, which is the address that Kestrel names first.
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            StreamServer streams = kestrel.ApplicationServices.GetRequiredService<StreamServer>();
            foreach (StreamListener listener in streams.Listeners)
            {
                kestrel.Listen(
                    listener.KestrelEndpoint,
                    listen => listen.Run(connection => streams.OnConnectedAsync(connection, listener)));
            }
        });
        return builder;
    }
}
