using System.Net;
using System.Net.Sockets;
using Turnpike.Edge.Tests.Transport;
using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;
using Turnpike.ServiceDefaults.Settings;

namespace Turnpike.Edge.Tests.Extensions;

/// <summary>NAT behaviour discovery (RFC 5780) over real sockets on 127.0.0.1 and 127.0.0.2.</summary>
public sealed class NatDiscoveryTests
{
    private static readonly (string, string?)[] On =
    [
        ("Edge:Protocol:NatDiscovery", "true"), ("Edge:NatDiscovery:AlternateAddress", "127.0.0.2"), ("Edge:NatDiscovery:AlternatePort", "0"),
    ];

    [Theory]
    [InlineData("1", "false")]
    [InlineData("3", "false")]
    [InlineData("1", "true")]
    public async Task Answers_come_from_the_address_and_port_that_is_asked_for(string shards, string portable)
    {
        await using RunningRelay running = await RunningRelay.StartAsync([.. On, ("Edge:Shards", shards), ("Edge:Sockets:Portable", portable)]);
        var server = new IPEndPoint(IPAddress.Loopback, running.Port);
        for (int i = 0; i < 8; i++)
        {
            using Socket client = RunningRelay.Client();
            (byte[] plain, IPEndPoint from) = RunningRelay.Ask(client, server, RunningRelay.Request(StunMethod.Binding));
            Assert.Equal(server, from);
            StunMessage.TryParse(plain, out StunMessage message);
            Assert.Equal(AttributeResult.Ok, OtherAddress.Read(message, out TransportAddress told));
            var other = told.ToIPEndPoint();
            Assert.Equal(IPAddress.Parse("127.0.0.2"), other.Address);
            Assert.NotEqual(server.Port, other.Port);

            Assert.Equal(new IPEndPoint(server.Address, other.Port), From(client, server, ChangeRequestFlags.ChangePort));
            Assert.Equal(new IPEndPoint(other.Address, server.Port), From(client, server, ChangeRequestFlags.ChangeIP));
            Assert.Equal(other, From(client, server, ChangeRequestFlags.ChangeIP | ChangeRequestFlags.ChangePort));
            Assert.Equal(server, From(client, other, ChangeRequestFlags.ChangeIP | ChangeRequestFlags.ChangePort));
        }
    }

    [Fact]
    public async Task RESPONSE_PORT_reaches_another_socket_of_the_client()
    {
        await using RunningRelay running = await RunningRelay.StartAsync(On);
        using Socket asking = RunningRelay.Client();
        using Socket listening = RunningRelay.Client();
        ushort port = (ushort)((IPEndPoint)listening.LocalEndPoint!).Port;
        asking.SendTo(
            RunningRelay.Request(StunMethod.Binding, attributes: (ref StunMessageWriter w) => ResponsePort.Write(ref w, port)),
            new IPEndPoint(IPAddress.Loopback, running.Port));
        byte[] buffer = new byte[200];
        Assert.Equal(0, RunningRelay.Code(buffer[..listening.Receive(buffer)]));
    }

    [Fact]
    public async Task The_alternate_sockets_are_nobodys_peers()
    {
        await using RunningRelay running = await RunningRelay.StartAsync([.. On, ("Edge:Peers:AllowPrivate:0", "127.0.0.0/8")]);
        var server = new IPEndPoint(IPAddress.Loopback, running.Port);
        using Socket client = RunningRelay.Client();
        (byte[] nonce, _) = RunningRelay.Allocate(client, server);
        byte[] answer = RunningRelay.Ask(client, server, RunningRelay.Request(StunMethod.ChannelBind, nonce, (ref StunMessageWriter w) =>
        {
            ChannelNumber.Write(ref w, 0x4000);
            XorPeerAddress.Write(ref w, TransportAddress.From(IPAddress.Parse("127.0.0.2"), (ushort)server.Port));
        })).Answer;
        Assert.Equal(403, RunningRelay.Code(answer));
    }

    [Fact]
    public async Task Without_the_switch_CHANGE_REQUEST_is_420()
    {
        await using RunningRelay running = await RunningRelay.StartAsync();
        using Socket client = RunningRelay.Client();
        byte[] request = RunningRelay.Request(
            StunMethod.Binding, attributes: (ref StunMessageWriter w) => ChangeRequest.Write(ref w, ChangeRequestFlags.ChangePort));
        Assert.Equal(420, RunningRelay.Code(RunningRelay.Ask(client, new IPEndPoint(IPAddress.Loopback, running.Port), request).Answer));
    }

    [Fact]
    public async Task An_alternate_address_that_is_not_this_hosts_stops_the_start()
    {
        SettingsException exception = await Assert.ThrowsAsync<SettingsException>(() => RunningRelay.StartAsync(
            ("Edge:Protocol:NatDiscovery", "true"), ("Edge:NatDiscovery:AlternateAddress", "192.0.2.1")));
        Assert.Contains("Edge:NatDiscovery:AlternateAddress", exception.Message, StringComparison.Ordinal);
    }

    private static IPEndPoint From(Socket client, IPEndPoint server, ChangeRequestFlags flags)
    {
        byte[] request = RunningRelay.Request(
            StunMethod.Binding, attributes: (ref StunMessageWriter w) => ChangeRequest.Write(ref w, flags));
        (byte[] answer, IPEndPoint from) = RunningRelay.Ask(client, server, request);
        StunMessage.TryParse(answer, out StunMessage message);
        Assert.Equal(AttributeResult.Ok, ResponseOrigin.Read(message, out TransportAddress origin));
        Assert.Equal(origin.ToIPEndPoint(), from);
        return from;
    }
}
