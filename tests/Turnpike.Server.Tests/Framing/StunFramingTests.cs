using System.Buffers.Binary;
using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;

namespace Turnpike.Server.Tests;

public class StunFramingTests
{
    private readonly TestServer _server = new();

    [Fact]
    public void A_binding_request_is_answered_with_the_mapped_address_RFC_8489_7_3_1()
    {
        var client = new TestClient(_server);
        Reply reply = client.Exchange(client.Build(StunMethod.Binding)).IsSuccess();
        Assert.Equal(Addresses.Client, reply.MappedAddress);
        Assert.Equal([StunAttributeType.XorMappedAddress], reply.Attributes.ConvertAll(a => a.Type));
        Assert.Equal(1, _server.Counters.Requests(StunMethod.Binding, 0));
    }

    [Fact]
    public void A_binding_request_over_IPv6_is_answered_with_the_IPv6_mapped_address()
    {
        var client = new TestClient(_server, address: Addresses.ClientV6);
        Assert.Equal(Addresses.ClientV6, client.Exchange(client.Build(StunMethod.Binding)).IsSuccess().MappedAddress);
    }

    [Fact]
    public void A_request_without_the_magic_cookie_is_silence_because_RFC_3489_is_not_served()
    {
        byte[] request = new TestClient(_server).Build(StunMethod.Binding);
        request[4] ^= 1;
        _server.Receive(request).IsDrop(DropReason.NoMagicCookie);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(-4)]
    [InlineData(1)]
    [InlineData(2)]
    public void A_length_that_is_not_what_the_datagram_holds_is_silence_RFC_8489_6_3(int difference)
    {
        byte[] request = WithSoftware();
        short length = BinaryPrimitives.ReadInt16BigEndian(request.AsSpan(2));
        BinaryPrimitives.WriteInt16BigEndian(request.AsSpan(2), (short)(length + difference));
        _server.Receive(request).IsDrop(DropReason.MalformedStun);
    }

    [Fact]
    public void A_message_shorter_than_its_header_is_silence()
    {
        byte[] request = new TestClient(_server).Build(StunMethod.Binding);
        for (int length = 1; length < StunMessage.HeaderLength; length++)
        {
            _server.Receive(request.AsSpan(0, length)).IsDrop(DropReason.MalformedStun);
        }
    }

    [Fact]
    public void An_attribute_that_runs_past_the_end_is_silence()
    {
        byte[] request = WithSoftware();
        request[StunMessage.HeaderLength + 3] = 200;
        _server.Receive(request).IsDrop(DropReason.MalformedAttribute);
    }

    [Fact]
    public void A_right_fingerprint_is_answered_with_one_in_successes_and_errors_RFC_8489_6_3_1()
    {
        var client = new TestClient(_server) { SendsFingerprint = true };
        client.Exchange(client.Build(StunMethod.Binding)).IsSuccess();
        client.Challenge();
        client.Allocated();
        client.Allocate().IsError(StunErrorCode.AllocationMismatch); // TestClient checks that each answer has its fingerprint
    }

    [Fact]
    public void A_request_without_a_fingerprint_gets_none_back()
    {
        var client = new TestClient(_server);
        Assert.False(client.Exchange(client.Build(StunMethod.Binding)).Has(StunAttributeType.Fingerprint));
    }

    [Fact]
    public void A_wrong_fingerprint_is_silence_RFC_8489_14_7()
    {
        byte[] request = new TestClient(_server) { SendsFingerprint = true }.Build(StunMethod.Binding);
        request[^1] ^= 1;
        _server.Receive(request).IsDrop(DropReason.BadFingerprint);
    }

    [Theory]
    [InlineData(StunMethod.Binding)]
    [InlineData(StunMethod.Allocate)]
    [InlineData(StunMethod.Data)]
    [InlineData((StunMethod)0x0F0)]
    public void An_indication_is_never_answered_RFC_8489_6_3_2(StunMethod method)
    {
        byte[] indication = new TestClient(_server).Build(method, null, StunClass.Indication);
        _server.Receive(indication).IsDrop(DropReason.IgnoredIndication);
    }

    [Theory]
    [InlineData(StunClass.SuccessResponse)]
    [InlineData(StunClass.ErrorResponse)]
    public void A_response_is_never_answered(StunClass @class)
    {
        byte[] response = new TestClient(_server).Build(StunMethod.Allocate, null, @class);
        _server.Receive(response).IsDrop(DropReason.UnexpectedResponse);
    }

    [Theory]
    [InlineData(StunMethod.Connect)]
    [InlineData(StunMethod.ConnectionBind)]
    [InlineData(StunMethod.Send)]
    [InlineData(StunMethod.Data)]
    [InlineData((StunMethod)0x0F0)]
    public void A_request_of_an_unknown_method_is_silence_RFC_8489_6_3(StunMethod method) =>
        _server.Receive(new TestClient(_server).Build(method)).IsDrop(DropReason.UnknownMethod);

    [Fact]
    public void An_unknown_attribute_that_must_be_understood_is_420_with_the_list_RFC_8489_6_3_1()
    {
        var client = new TestClient(_server);
        Reply reply = client.Exchange(client.Build(StunMethod.Binding, (ref StunMessageWriter w) =>
        {
            w.Append((StunAttributeType)0x7001, [1, 2, 3]);
            w.Append((StunAttributeType)0x7002, []);
            w.Append((StunAttributeType)0x7001, []);
            w.Append((StunAttributeType)0xC001, [1]); // comprehension-optional
        })).IsError(StunErrorCode.UnknownAttribute);
        Assert.Equal([0x70, 0x01, 0x70, 0x02], reply.Value(StunAttributeType.UnknownAttributes));
    }

    [Fact]
    public void CHANGE_REQUEST_is_420_where_one_address_is_served_RFC_5780()
    {
        var client = new TestClient(_server);
        byte[] request = client.Build(
            StunMethod.Binding, (ref StunMessageWriter w) => ChangeRequest.Write(ref w, ChangeRequestFlags.ChangePort));
        client.Exchange(request).IsError(StunErrorCode.UnknownAttribute);
    }

    [Fact]
    public void An_authenticated_request_with_an_unknown_attribute_is_420_with_integrity()
    {
        Reply reply = new TestClient(_server).Allocate((ref StunMessageWriter w) => w.Append((StunAttributeType)0x7001, [1]))
            .IsError(StunErrorCode.UnknownAttribute);
        Assert.True(reply.Authentic);
        Assert.Equal([0x70, 0x01], reply.Value(StunAttributeType.UnknownAttributes));
        Assert.Equal(0, _server.Turn.AllocationCount);
    }

    [Fact]
    public void The_list_of_unknown_attributes_stays_short_however_many_there_are()
    {
        var client = new TestClient(_server);
        Reply reply = client.Exchange(client.Build(StunMethod.Binding, (ref StunMessageWriter w) =>
        {
            for (int i = 0; i < 200; i++)
            {
                w.Append((StunAttributeType)(0x7000 + i), []);
            }
        })).IsError(StunErrorCode.UnknownAttribute);
        Assert.InRange(reply.Value(StunAttributeType.UnknownAttributes)!.Length, 2, 64);
    }

    [Fact]
    public void A_comprehension_optional_attribute_is_ignored()
    {
        var client = new TestClient(_server);
        client.Allocated((ref StunMessageWriter w) => w.Append((StunAttributeType)0xFFF1, [1, 2, 3, 4, 5]));
    }

    [Fact]
    public void Attributes_behind_MESSAGE_INTEGRITY_are_ignored_RFC_8489_14_5()
    {
        TestClient client = new TestClient(_server).Allocated();
        byte[] request = client.Build(
            StunMethod.CreatePermission, (ref StunMessageWriter w) => XorPeerAddress.Write(ref w, Addresses.Peer));
        byte[] longer = Append(request, StunAttributeType.XorPeerAddress, XorValueOf(Addresses.OtherPeer, request));
        client.Exchange(longer).IsSuccess();
        client.SendIndication(Addresses.Peer, "x"u8).IsToPeer(Addresses.Peer, "x"u8);
        client.SendIndication(Addresses.OtherPeer, "x"u8).IsDrop(DropReason.NoPermission);
    }

    [Fact]
    public void An_unknown_attribute_behind_MESSAGE_INTEGRITY_is_ignored_too()
    {
        TestClient client = new TestClient(_server).Allocated();
        byte[] request = client.Build(
            StunMethod.CreatePermission, (ref StunMessageWriter w) => XorPeerAddress.Write(ref w, Addresses.Peer));
        client.Exchange(Append(request, (StunAttributeType)0x7001, [1, 2, 3, 4])).IsSuccess();
    }

    [Fact]
    public void Padding_of_a_request_may_be_anything_RFC_8489_14()
    {
        var client = new TestClient(_server);
        byte[] request = client.Build(StunMethod.Binding, (ref StunMessageWriter w) => Software.Write(ref w, "five5"u8));
        request[^1] = 0xAA;
        request[^2] = 0xBB;
        client.Exchange(request).IsSuccess();
    }

    [Theory]
    [InlineData(4, DropReason.UnknownProtocol)]
    [InlineData(19, DropReason.UnknownProtocol)]
    [InlineData(20, DropReason.DtlsNotServed)]
    [InlineData(63, DropReason.DtlsNotServed)]
    [InlineData(64, DropReason.NoAllocation)]
    [InlineData(79, DropReason.NoAllocation)]
    [InlineData(80, DropReason.UnknownProtocol)]
    [InlineData(127, DropReason.UnknownProtocol)]
    [InlineData(128, DropReason.UnknownProtocol)]
    [InlineData(255, DropReason.UnknownProtocol)]
    public void The_first_byte_tells_the_protocols_apart_RFC_7983(byte first, DropReason reason) =>
        _server.Receive([first, 0, 0, 0]).IsDrop(reason);

    [Fact]
    public void A_response_goes_back_on_the_5_tuple_with_the_callers_path()
    {
        var tuple = new FiveTuple(Addresses.Client, Addresses.Server, ClientTransport.Udp, path: 42);
        Outcome outcome = _server.Receive(tuple, new TestClient(_server).Build(StunMethod.Binding));
        Assert.Equal(42, outcome.FiveTuple.Path);
        Assert.Equal(tuple, outcome.FiveTuple);
    }

    internal static byte[] Append(byte[] message, StunAttributeType type, byte[] value)
    {
        byte[] longer = new byte[message.Length + 4 + ((value.Length + 3) & ~3)];
        message.CopyTo(longer, 0);
        BinaryPrimitives.WriteUInt16BigEndian(longer.AsSpan(message.Length), (ushort)type);
        BinaryPrimitives.WriteUInt16BigEndian(longer.AsSpan(message.Length + 2), (ushort)value.Length);
        value.CopyTo(longer, message.Length + 4);
        BinaryPrimitives.WriteUInt16BigEndian(longer.AsSpan(2), (ushort)(longer.Length - StunMessage.HeaderLength));
        return longer;
    }

    private byte[] WithSoftware() =>
        new TestClient(_server).Build(StunMethod.Binding, (ref StunMessageWriter w) => Software.Write(ref w, "client"u8));

    private static byte[] XorValueOf(TransportAddress peer, byte[] message)
    {
        StunMessage.TryParse(message, out StunMessage parsed);
        var writer = new StunMessageWriter(new byte[64], StunClass.Request, StunMethod.Send, parsed.TransactionId);
        XorPeerAddress.Write(ref writer, peer);
        return writer.Finish()[24..].ToArray();
    }
}
