using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;

namespace Turnpike.LoadTest.ControlPlane;

/// <summary>One connection to a control plane, with the caller's token on each call.</summary>
internal sealed class ApiChannel : IDisposable
{
    private readonly GrpcChannel _channel;

    public ApiChannel(Uri server, string token)
    {
        // A handler is a pool of its own, and this one stays at one connection.
        _channel = GrpcChannel.ForAddress(server, new GrpcChannelOptions
        {
            HttpHandler = new SocketsHttpHandler { EnableMultipleHttp2Connections = false, UseProxy = false },
            DisposeHttpClient = true,
        });
        Invoker = _channel.Intercept(headers =>
        {
            headers.Add("authorization", $"Bearer {token}");
            return headers;
        });
    }

    public CallInvoker Invoker { get; }

    public void Dispose() => _channel.Dispose();
}
