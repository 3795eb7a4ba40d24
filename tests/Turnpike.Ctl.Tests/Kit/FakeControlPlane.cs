using System.Collections.Concurrent;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Turnpike.Ctl.Tests.Kit;

/// <summary>The control plane's services over real gRPC: they keep what they are asked and answer what the test says.</summary>
internal sealed class FakeControlPlane : IAsyncDisposable
{
    private readonly Dictionary<Type, Func<IMessage, IMessage>> _answers = [];
    private readonly Dictionary<Type, Func<IMessage, Func<IMessage, Task>, ServerCallContext, Task>> _streams = [];
    private readonly WebApplication _app;

    private FakeControlPlane(int port)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(System.Net.IPAddress.Loopback, port, listen => listen.Protocols = HttpProtocols.Http2);
        });
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(this);
        _app = builder.Build();
        _app.MapGrpcService<FakeCredentials>();
        _app.MapGrpcService<FakeRealms>();
        _app.MapGrpcService<FakeUsage>();
        _app.MapGrpcService<FakeFleet>();
        _app.MapGrpcService<FakeWebhooks>();
        _app.MapGrpcService<FakeScaling>();
    }

    public ConcurrentQueue<IMessage> Requests { get; } = [];

    /// <summary>The authorization header of each call.</summary>
    public ConcurrentQueue<string?> Tokens { get; } = [];

    public string Address => _app.Urls.Single();

    public static async Task<FakeControlPlane> StartAsync(int port = 0)
    {
        FakeControlPlane server = new(port);
        await server._app.StartAsync(TestContext.Current.CancellationToken);
        return server;
    }

    /// <summary>Says what requests of a type are answered with; an <see cref="RpcException"/> thrown is answered as such.</summary>
    public void On<TRequest>(Func<TRequest, IMessage> answer)
        where TRequest : IMessage => _answers[typeof(TRequest)] = request => answer((TRequest)request);

    /// <summary>Says what a stream does.</summary>
    public void OnStream<TRequest>(Func<TRequest, Func<IMessage, Task>, ServerCallContext, Task> stream)
        where TRequest : IMessage => _streams[typeof(TRequest)] = (request, write, context) => stream((TRequest)request, write, context);

    /// <summary>The only request of a type.</summary>
    public TRequest Single<TRequest>() => Assert.Single(Requests.OfType<TRequest>());

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    internal Task<TResponse> AnswerAsync<TResponse>(IMessage request, ServerCallContext context)
        where TResponse : IMessage
    {
        Keep(request, context);
        return _answers.TryGetValue(request.GetType(), out Func<IMessage, IMessage>? answer)
            ? Task.FromResult((TResponse)answer(request))
            : throw new RpcException(new Status(StatusCode.Unimplemented, ""));
    }

    internal async Task StreamAsync<TResponse>(IMessage request, IServerStreamWriter<TResponse> stream, ServerCallContext context)
        where TResponse : IMessage
    {
        Keep(request, context);
        await context.WriteResponseHeadersAsync([]);
        await _streams[request.GetType()](request, message => stream.WriteAsync((TResponse)message, context.CancellationToken), context);
    }

    private void Keep(IMessage request, ServerCallContext context)
    {
        Requests.Enqueue(request);
        Tokens.Enqueue(context.RequestHeaders.GetValue("authorization"));
    }
}
