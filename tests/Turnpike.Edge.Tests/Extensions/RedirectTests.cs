using System.Net;
using System.Net.Sockets;
using Turnpike.Edge.Tests.Transport;
using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;

namespace Turnpike.Edge.Tests.Extensions;

/// <summary>300 Try Alternate (RFC 8656 section 7.2) from the settings to the wire.</summary>
public sealed class RedirectTests
{
    private static readonly IPEndPoint Alternate = new(IPAddress.Parse("198.51.100.7"), 3478);

    [Fact]
    public async Task With_always_an_authenticated_client_is_told_the_other_server_and_can_trust_the_answer()
    {
        await using RunningRelay running = await StartAsync("always");
        byte[] answer = Ask(running);
        Assert.Equal(StunErrorCode.TryAlternate, RunningRelay.Code(answer));
        StunMessage.TryParse(answer, out StunMessage message);
        Assert.Equal(AttributeResult.Ok, AlternateServer.Read(message, out TransportAddress alternate));
        Assert.Equal(Alternate, alternate.ToIPEndPoint());
        Assert.False(message.Has(StunAttributeType.AlternateDomain), "The name of a certificate means nothing over UDP.");
        byte[] key = new byte[LongTermKey.Md5Length];
        LongTermKey.Md5("alice"u8, "turnpike"u8, "wonderland"u8, key);
        Assert.True(MessageIntegrity.Verify(message, key));
        Assert.Equal(0, running.Relay.Allocations);
    }

    [Fact]
    public async Task With_draining_clients_are_redirected_from_the_drain_on()
    {
        await using RunningRelay running = await StartAsync("draining");
        Assert.Equal(0, RunningRelay.Code(Ask(running)));
        running.Relay.BeginDrain();
        Assert.Equal(StunErrorCode.TryAlternate, RunningRelay.Code(Ask(running)));
    }

    [Fact]
    public async Task With_full_clients_are_redirected_when_no_port_is_left()
    {
        int port = FreePort();
        await using RunningRelay running = await StartAsync(
            "full", ("Edge:Relay:MinPort", $"{port}"), ("Edge:Relay:MaxPort", $"{port}"));
        Assert.Equal(0, RunningRelay.Code(Ask(running)));
        Assert.Equal(StunErrorCode.TryAlternate, RunningRelay.Code(Ask(running)));
    }

    [Fact]
    public async Task Never_is_the_default_and_a_full_server_then_says_so()
    {
        int port = FreePort();
        await using RunningRelay running = await RunningRelay.StartAsync(
            ("Edge:Relay:MinPort", $"{port}"), ("Edge:Relay:MaxPort", $"{port}"));
        Assert.Equal(0, RunningRelay.Code(Ask(running)));
        Assert.Equal(StunErrorCode.InsufficientCapacity, RunningRelay.Code(Ask(running)));
    }

    private static Task<RunningRelay> StartAsync(string when, params (string Key, string? Value)[] more) => RunningRelay.StartAsync(
    [
        ("Edge:Redirect:When", when),
        ("Edge:Redirect:AlternateServers:0", $"{Alternate}"),
        ("Edge:Redirect:AlternateDomain", "turn.example.org"),
        .. more,
    ]);

    /// <summary>An authenticated Allocate from a port of its own.</summary>
    private static byte[] Ask(RunningRelay running)
    {
        var server = new IPEndPoint(IPAddress.Loopback, running.Port);
        using Socket client = RunningRelay.Client();
        byte[] challenge = RunningRelay.Ask(client, server, RunningRelay.Request(StunMethod.Allocate, attributes: Udp)).Answer;
        Assert.Equal(StunErrorCode.Unauthorized, RunningRelay.Code(challenge));
        StunMessage.TryParse(challenge, out StunMessage message);
        Nonce.Read(message, out ReadOnlySpan<byte> nonce);
        return RunningRelay.Ask(client, server, RunningRelay.Request(StunMethod.Allocate, nonce.ToArray(), Udp)).Answer;
    }

    private static void Udp(ref StunMessageWriter writer) => RequestedTransport.Write(ref writer, 17);

    // Bound and let go again: nobody else asks for this one in the moment that the test takes it.
    private static int FreePort()
    {
        using Socket socket = RunningRelay.Client();
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
