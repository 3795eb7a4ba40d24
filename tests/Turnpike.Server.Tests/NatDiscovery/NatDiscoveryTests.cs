using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;
using Turnpike.Testing;

namespace Turnpike.Server.Tests;

/// <summary>RFC 5780 section 6.1, with the addresses Da:Dp and Ca:Cp of its table.</summary>
public class NatDiscoveryTests
{
    private static readonly TransportAddress Other = Addresses.Parse("20.0.0.2:3479");
    private static readonly TransportAddress PublicOther = Addresses.Parse("21.0.0.2:3479");

    private readonly TestServer _server = new(new PolicyChoice { NatDiscovery = Policy() });

    [Fact]
    public void A_plain_Binding_names_its_origin_and_the_other_address()
    {
        Outcome outcome = Ask(Addresses.Server);
        Reply reply = outcome.IsToClient().IsSuccess();
        Assert.Equal(Addresses.Client, reply.MappedAddress);
        Assert.Equal(AttributeResult.Ok, MappedAddress.Read(reply.Message(), out TransportAddress mapped));
        Assert.Equal(Addresses.Client, mapped);
        Assert.Equal((Addresses.Server, PublicOther), Origins(reply));
        Assert.False(reply.Has(StunAttributeType.Padding));
        Assert.Equal((Addresses.Client, Addresses.Server, 0), Way(outcome));
    }

    [Theory]
    [InlineData(ChangeRequestFlags.None, "20.0.0.1:3478", "20.0.0.1:3478", 0)]
    [InlineData(ChangeRequestFlags.ChangePort, "20.0.0.1:3479", "20.0.0.1:3479", 1)]
    [InlineData(ChangeRequestFlags.ChangeIP, "20.0.0.2:3478", "21.0.0.2:3478", 2)]
    [InlineData(ChangeRequestFlags.ChangeIP | ChangeRequestFlags.ChangePort, "20.0.0.2:3479", "21.0.0.2:3479", 3)]
    public void CHANGE_REQUEST_chooses_where_the_answer_comes_from(ChangeRequestFlags flags, string from, string told, int path)
    {
        Outcome outcome = Ask(Addresses.Server, (ref StunMessageWriter w) => ChangeRequest.Write(ref w, flags));
        Assert.Equal((Addresses.Client, Addresses.Parse(from), path), Way(outcome));
        Assert.Equal((Addresses.Parse(told), PublicOther), Origins(outcome.IsToClient().IsSuccess()));
    }

    [Fact]
    public void What_is_the_other_depends_on_where_the_request_came_in()
    {
        Outcome outcome = Ask(Other, (ref StunMessageWriter w) => ChangeRequest.Write(ref w, ChangeRequestFlags.ChangeIP));
        Assert.Equal((Addresses.Client, Addresses.Parse("20.0.0.1:3479"), 1), Way(outcome));
        Assert.Equal((Addresses.Parse("20.0.0.1:3479"), Addresses.Server), Origins(outcome.IsToClient().IsSuccess()));
    }

    [Fact]
    public void RESPONSE_PORT_sends_the_answer_to_another_port_of_the_same_address()
    {
        Outcome outcome = Ask(Addresses.Server, (ref StunMessageWriter w) => ResponsePort.Write(ref w, 5555));
        Assert.Equal((Addresses.Client.WithPort(5555), Addresses.Server, 0), Way(outcome));
        Assert.Equal(Addresses.Client, outcome.IsToClient().IsSuccess().MappedAddress);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(64, 64)]
    [InlineData(1499, 1496)]
    [InlineData(1500, 1500)]
    [InlineData(8000, 1500)]
    public void PADDING_is_answered_with_padding_that_is_never_longer(int asked, int answered)
    {
        Outcome outcome = Ask(Addresses.Server, (ref StunMessageWriter w) => Padding.Write(ref w, asked));
        Assert.Equal(AttributeResult.Ok, Padding.Read(outcome.IsToClient().IsSuccess().Message(), out int length));
        Assert.Equal(answered, length);
    }

    [Fact]
    public void PADDING_beside_RESPONSE_PORT_is_400() =>
        Ask(Addresses.Server, (ref StunMessageWriter w) =>
        {
            Padding.Write(ref w, 4);
            ResponsePort.Write(ref w, 5555);
        }).IsToClient().IsError(StunErrorCode.BadRequest);

    [Theory]
    [InlineData(StunAttributeType.ChangeRequest, 2)]
    [InlineData(StunAttributeType.ResponsePort, 3)]
    [InlineData(StunAttributeType.ResponsePort, 2)] // port 0
    public void A_malformed_attribute_is_400(StunAttributeType type, int length) =>
        Ask(Addresses.Server, (ref StunMessageWriter w) => w.Append(type, new byte[length])).IsToClient().IsError(StunErrorCode.BadRequest);

    [Theory]
    [InlineData(StunAttributeType.ChangeRequest)]
    [InlineData(StunAttributeType.ResponsePort)]
    [InlineData(StunAttributeType.Padding)]
    public void Without_a_second_address_its_attributes_are_420(StunAttributeType type)
    {
        var plain = new TestServer();
        Reply reply = new TestClient(plain).Exchange(Message((ref StunMessageWriter w) => w.Append(type, [0, 0, 0, 4])));
        reply.IsError(StunErrorCode.UnknownAttribute);
        Assert.Equal([(byte)((int)type >> 8), (byte)type], reply.Value(StunAttributeType.UnknownAttributes)!);
    }

    [Fact]
    public void On_a_listener_that_is_none_of_the_four_it_is_420_and_plain_Binding_is_answered_plainly()
    {
        TransportAddress elsewhere = Addresses.Parse("20.0.0.9:3478");
        Ask(elsewhere, (ref StunMessageWriter w) => ChangeRequest.Write(ref w, ChangeRequestFlags.ChangeIP))
            .IsToClient().IsError(StunErrorCode.UnknownAttribute);
        Reply reply = Ask(elsewhere).IsToClient().IsSuccess();
        Assert.False(reply.Has(StunAttributeType.OtherAddress) || reply.Has(StunAttributeType.ResponseOrigin));
    }

    [Theory]
    [InlineData(ClientTransport.Tcp)]
    [InlineData(ClientTransport.Tls)]
    [InlineData(ClientTransport.Dtls)]
    public void Over_anything_but_UDP_it_is_420(ClientTransport transport) =>
        Outcome.Of(_server.Turn.OnClientDatagram(
            new FiveTuple(Addresses.Client, Addresses.Server, transport),
            Message((ref StunMessageWriter w) => ChangeRequest.Write(ref w, ChangeRequestFlags.ChangePort)),
            _server.Now)).IsToClient().IsError(StunErrorCode.UnknownAttribute);

    [Fact]
    public void Only_Binding_knows_its_attributes() =>
        new TestClient(_server).Allocate((ref StunMessageWriter w) => ChangeRequest.Write(ref w, ChangeRequestFlags.ChangeIP))
            .IsError(StunErrorCode.UnknownAttribute);

    [Fact]
    public void Answers_that_could_be_aimed_at_somebody_are_rationed_and_plain_ones_are_not()
    {
        _server.Change(choice => choice with { UnauthenticatedResponsesPerSecond = 1 });
        Fill aimed = (ref StunMessageWriter w) => ResponsePort.Write(ref w, 5555);
        Ask(Addresses.Server, aimed).IsToClient().IsSuccess();
        Ask(Addresses.Server, aimed).IsToClient().IsSuccess();
        Ask(Addresses.Server, aimed).IsDrop(DropReason.UnauthenticatedRateLimited);
        Ask(Addresses.Server).IsToClient().IsSuccess();
    }

    [Fact]
    public void A_FINGERPRINT_is_answered_with_one()
    {
        var client = new TestClient(_server) { SendsFingerprint = true };
        Assert.True(client.Exchange(client.Build(StunMethod.Binding)).IsSuccess().Has(StunAttributeType.Fingerprint));
    }

    [Fact]
    public void Discovery_allocates_nothing()
    {
        byte[] request = Message((ref StunMessageWriter w) => ChangeRequest.Write(ref w, ChangeRequestFlags.ChangeIP));
        _server.Change(choice => choice with { UnauthenticatedResponsesPerSecond = 0 });
        var tuple = new FiveTuple(Addresses.Client, Addresses.Server, ClientTransport.Udp);
        long allocated = 0;
        for (int i = 0; i < 2000; i++)
        {
            AllocationWindow window = AllocationWindow.Open();
            _server.Turn.OnClientDatagram(in tuple, request, _server.Now);
            long bytes = window.Bytes;
            allocated += i < 1000 || window.IsDisturbed ? 0 : bytes;
        }

        Assert.Equal(0, allocated);
    }

    private static NatDiscoveryPolicy Policy() => new(
        new NatDiscoverySource(Addresses.Server, Addresses.Server, 0),
        new NatDiscoverySource(Addresses.Server.WithPort(3479), Addresses.Server.WithPort(3479), 1),
        new NatDiscoverySource(Other.WithPort(3478), PublicOther.WithPort(3478), 2),
        new NatDiscoverySource(Other, PublicOther, 3));

    private static byte[] Message(Fill? fill)
    {
        var writer = new StunMessageWriter(new byte[16_000], StunClass.Request, StunMethod.Binding, TestClient.NewTransactionId());
        fill?.Invoke(ref writer);
        return writer.Finish().ToArray();
    }

    private static (TransportAddress Origin, TransportAddress Other) Origins(Reply reply)
    {
        Assert.Equal(AttributeResult.Ok, ResponseOrigin.Read(reply.Message(), out TransportAddress origin));
        Assert.Equal(AttributeResult.Ok, OtherAddress.Read(reply.Message(), out TransportAddress other));
        return (origin, other);
    }

    private static (TransportAddress Client, TransportAddress Server, int Path) Way(Outcome outcome) =>
        (outcome.FiveTuple.Client, outcome.FiveTuple.Server, outcome.FiveTuple.Path);

    private Outcome Ask(TransportAddress at, Fill? fill = null) =>
        _server.Receive(new FiveTuple(Addresses.Client, at, ClientTransport.Udp), Message(fill));
}
