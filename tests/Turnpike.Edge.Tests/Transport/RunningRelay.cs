using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Turnpike.Edge.Management;
using Turnpike.Edge.Options;
using Turnpike.Edge.Tests.Host;
using Turnpike.Edge.Tracing;
using Turnpike.Edge.Transport;
using Turnpike.Edge.Transport.Streams;
using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;
using Turnpike.ServiceDefaults.Tls;

namespace Turnpike.Edge.Tests.Transport;

/// <summary>A real relay on loopback, and just enough of a client to talk to it.</summary>
internal sealed class RunningRelay : IAsyncDisposable
{
    public const string User = "alice";
    public const string Password = "wonderland";

    private readonly ServiceProvider _services;

    private RunningRelay(EdgeRelay relay, FakeTimeProvider certificateTime, ServiceProvider services)
    {
        _services = services;
        Relay = relay;
        CertificateTime = certificateTime;
    }

    public EdgeRelay Relay { get; }

    /// <summary>The scope of its instruments.</summary>
    public IMeterFactory Meters => _services.GetRequiredService<IMeterFactory>();

    /// <summary>The clock by which the certificate's files are looked at.</summary>
    public FakeTimeProvider CertificateTime { get; }

    /// <summary>The port of the first listener.</summary>
    public int Port => int.Parse(Relay.ListenerUrls[0].Split(':', '?')[^2], System.Globalization.CultureInfo.InvariantCulture);

    public static Task<RunningRelay> StartAsync(params (string Key, string? Value)[] pairs) => StartAsync(TimeProvider.System, pairs);

    /// <summary>The same with another clock for the relay.</summary>
    public static Task<RunningRelay> StartAsync(TimeProvider time, params (string Key, string? Value)[] pairs) =>
        StartAsync(time, static _ => null, pairs);

    /// <summary>The same with spans of its allocations.</summary>
    public static Task<RunningRelay> StartAsync(AllocationTracer tracer, params (string Key, string? Value)[] pairs) =>
        StartAsync(TimeProvider.System, static _ => null, tracer, pairs);

    /// <summary>The same with other rules than those of the settings alone.</summary>
    public static Task<RunningRelay> StartAsync(
        TimeProvider time, Func<EdgeSettings, IRelayRules?> rulesOf, params (string Key, string? Value)[] pairs) =>
        StartAsync(time, rulesOf, tracer: null, pairs);

    private static async Task<RunningRelay> StartAsync(
        TimeProvider time, Func<EdgeSettings, IRelayRules?> rulesOf, AllocationTracer? tracer, (string Key, string? Value)[] pairs)
    {
        var certificateTime = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        ServiceProvider services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        EdgeSettings settings = Reading.Good([("Edge:Listeners:0", "udp://127.0.0.1:0"), ("Edge:Users:0", $"{User}:{Password}"), .. pairs]);
        var certificates = new ServerCertificates(settings.TlsFiles, certificateTime, NullLogger<ServerCertificates>.Instance);
        var relay = new EdgeRelay(
            settings,
            time,
            new NoServer(),
            new NoLifetime(),
            certificates,
            new StreamServer(settings, certificates, time),
            new RelayDistributions(services.GetRequiredService<IMeterFactory>()),
            NullLogger<EdgeRelay>.Instance,
            rulesOf(settings),
            tracer);
        await relay.StartingAsync(TestContext.Current.CancellationToken);
        await relay.StartAsync(TestContext.Current.CancellationToken);
        return new RunningRelay(relay, certificateTime, services);
    }

    public async ValueTask DisposeAsync()
    {
        await Relay.StopAsync(CancellationToken.None);
        Relay.Dispose();
        await _services.DisposeAsync();
    }

    /// <summary>A client socket that waits at most a few seconds.</summary>
    public static Socket Client(IPAddress? address = null)
    {
        var socket = new Socket((address ?? IPAddress.Loopback).AddressFamily, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 10_000 };
        socket.Bind(new IPEndPoint(address ?? IPAddress.Loopback, 0));
        return socket;
    }

    public static byte[] Request(
        StunMethod method, byte[]? nonce = null, Writer? attributes = null, string user = User, string password = Password)
    {
        var writer = new StunMessageWriter(
            new byte[1024], StunClass.Request, method, TransactionId.From(System.Security.Cryptography.RandomNumberGenerator.GetBytes(12)));
        attributes?.Invoke(ref writer);
        if (nonce is not null)
        {
            byte[] key = new byte[LongTermKey.Md5Length];
            LongTermKey.Md5(System.Text.Encoding.ASCII.GetBytes(user), "turnpike"u8, System.Text.Encoding.ASCII.GetBytes(password), key);
            Username.Write(ref writer, System.Text.Encoding.ASCII.GetBytes(user));
            Realm.Write(ref writer, "turnpike"u8);
            Nonce.Write(ref writer, nonce);
            MessageIntegrity.Write(ref writer, key);
        }

        return writer.Finish().ToArray();
    }

    /// <summary>Sends a request and gives the answer's bytes and where they came from.</summary>
    public static (byte[] Answer, IPEndPoint From) Ask(Socket client, IPEndPoint server, byte[] request)
    {
        client.SendTo(request, server);
        byte[] buffer = new byte[2048];
        EndPoint from = new IPEndPoint(server.AddressFamily == AddressFamily4 ? IPAddress.Any : IPAddress.IPv6Any, 0);
        int length = client.ReceiveFrom(buffer, ref from);
        return (buffer[..length], (IPEndPoint)from);
    }

    /// <summary>An allocation: the nonce to go on with, and the relayed transport address.</summary>
    public static (byte[] Nonce, TransportAddress Relayed) Allocate(Socket client, IPEndPoint server)
    {
        static void Udp(ref StunMessageWriter writer) => RequestedTransport.Write(ref writer, 17);
        byte[] challenge = Ask(client, server, Request(StunMethod.Allocate, attributes: Udp)).Answer;
        Assert.Equal(StunParseResult.Ok, StunMessage.TryParse(challenge, out StunMessage refused));
        Assert.Equal(AttributeResult.Ok, Nonce.Read(refused, out ReadOnlySpan<byte> nonce));
        byte[] answer = Ask(client, server, Request(StunMethod.Allocate, nonce.ToArray(), Udp)).Answer;
        Assert.Equal(0, Code(answer));
        StunMessage.TryParse(answer, out StunMessage granted);
        Assert.Equal(AttributeResult.Ok, XorRelayedAddress.Read(granted, out TransportAddress relayed));
        return (nonce.ToArray(), relayed);
    }

    /// <summary>0 for a success, else the error's code.</summary>
    public static int Code(byte[] answer)
    {
        Assert.Equal(StunParseResult.Ok, StunMessage.TryParse(answer, out StunMessage message));
        return ErrorCode.Read(message, out int code) == AttributeResult.Ok ? code : 0;
    }

    public delegate void Writer(ref StunMessageWriter writer);

    private const System.Net.Sockets.AddressFamily AddressFamily4 = System.Net.Sockets.AddressFamily.InterNetwork;

    private sealed class NoServer : IServer
    {
        public IFeatureCollection Features { get; } = new FeatureCollection();

        public void Dispose()
        {
        }

        public Task StartAsync<TContext>(
            Microsoft.AspNetCore.Hosting.Server.IHttpApplication<TContext> application, CancellationToken cancellationToken)
            where TContext : notnull => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private sealed class NoLifetime : IHostApplicationLifetime
    {
        public CancellationToken ApplicationStarted => CancellationToken.None;

        public CancellationToken ApplicationStopping => CancellationToken.None;

        public CancellationToken ApplicationStopped => CancellationToken.None;

        public void StopApplication() => throw new InvalidOperationException("A shard has failed.");
    }
}
