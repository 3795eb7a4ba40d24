using System.Net;
using System.Runtime.CompilerServices;
using CsCheck;

namespace Turnpike.Protocol.Tests;

public class TransportAddressTests
{
    [Fact]
    public void An_address_and_a_transaction_ID_are_small()
    {
        Assert.Equal(24, Unsafe.SizeOf<TransportAddress>());
        Assert.Equal(12, Unsafe.SizeOf<TransactionId>());
    }

    [Fact]
    public void Every_IPv4_address_survives_text_and_IPEndPoint() => Gen.Select(Gen.UInt, Gen.UShort).Sample((host, port) =>
    {
        var address = TransportAddress.IPv4(host, port);
        return TransportAddress.TryParse(address.ToString(), out TransportAddress parsed) && parsed == address
            && TransportAddress.From(address.ToIPEndPoint()) == address && address.High == 0 && address.Low == host;
    });

    [Fact]
    public void Every_IPv6_address_survives_text_and_IPEndPoint()
        => Gen.Select(Gen.ULong, Gen.ULong, Gen.UShort).Sample((high, low, port) =>
        {
            var address = TransportAddress.IPv6(high, low, port);
            return TransportAddress.TryParse(address.ToString(), out TransportAddress parsed) && parsed == address
                && TransportAddress.From(address.ToIPEndPoint()) == address;
        });

    [Fact]
    public void High_and_low_are_the_big_endian_halves()
    {
        Assert.True(TransportAddress.TryParse("[2001:db8::1]:5", out TransportAddress ipv6));
        Assert.Equal((0x20010db8_00000000ul, 1ul), (ipv6.High, ipv6.Low));
        Assert.True(TransportAddress.TryParse("1.2.3.4:5", out TransportAddress ipv4));
        Assert.Equal((0ul, 0x01020304ul), (ipv4.High, ipv4.Low));
    }

    [Theory]
    [InlineData("")]
    [InlineData(":")]
    [InlineData(":5")]
    [InlineData("1.2.3.4")]
    [InlineData("1.2.3.4:")]
    [InlineData("1.2.3.4:65536")]
    [InlineData("1.2.3.4:-1")]
    [InlineData("1.2.3.4: 5")]
    [InlineData("1.2.3:5")]
    [InlineData("1.2.3.4.5:5")]
    [InlineData("1.2.3.:5")]
    [InlineData("01.2.3.4:5")]
    [InlineData("0x1.2.3.4:5")]
    [InlineData("1.2.3.256:5")]
    [InlineData("16909060:5")]
    [InlineData("::1:5")]
    [InlineData("[::1]")]
    [InlineData("[::1:5")]
    [InlineData("[1.2.3.4]:5")]
    [InlineData("[]:5")]
    [InlineData("[::g]:5")]
    [InlineData("host:5")]
    public void Text_that_is_no_transport_address_is_refused(string text)
    {
        Assert.False(TransportAddress.TryParse(text, out TransportAddress address));
        Assert.Equal(default, address);
    }

    [Fact]
    public void Equality_is_family_address_and_port()
    {
        var address = TransportAddress.IPv6(1, 2, 3);
        TransportAddress[] others =
        [
            TransportAddress.IPv6(1, 2, 4), TransportAddress.IPv6(1, 3, 3), TransportAddress.IPv6(2, 2, 3),
            TransportAddress.IPv4(2, 3), default,
        ];
        Assert.All(others, other => Assert.True(other != address));
        Assert.Equal(TransportAddress.IPv4(2, 3).GetHashCode(), TransportAddress.IPv4(2, 3).GetHashCode());

        // ::2 and 0.0.0.2 have the same halves.
        Assert.NotEqual(TransportAddress.IPv6(0, 2, 3), TransportAddress.IPv4(2, 3));
    }

    [Fact]
    public void The_scope_is_carried_along_and_not_compared()
    {
        var scoped = TransportAddress.From(new IPAddress([0xFE, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], 7), 9);

        Assert.Equal(7u, scoped.ScopeId);
        Assert.Equal(7, scoped.ToIPEndPoint().Address.ScopeId);
        Assert.Equal(TransportAddress.IPv6(scoped.High, scoped.Low, 9), scoped);
    }

    [Fact]
    public void SameAddress_ignores_the_port_and_WithPort_changes_only_it()
    {
        var address = TransportAddress.IPv4(1, 2);

        Assert.True(address.SameAddress(address.WithPort(9)));
        Assert.Equal(TransportAddress.IPv4(1, 9), address.WithPort(9));
        Assert.False(address.SameAddress(TransportAddress.IPv4(3, 2)));
        Assert.False(TransportAddress.IPv4(1, 2).SameAddress(TransportAddress.IPv6(0, 1, 2)));
    }

    [Fact]
    public void An_IPv4_mapped_address_stays_IPv6()
        => Assert.Equal(
            TransportAddress.IPv6(0, 0xFFFF_0102_0304, 5), TransportAddress.From(IPAddress.Parse("::ffff:1.2.3.4"), 5));

    [Fact]
    public void Hashes_of_neighbouring_ports_and_addresses_spread()
    {
        HashSet<int> low = [];
        for (uint index = 0; index < 4096; index++)
        {
            low.Add(TransportAddress.IPv4(0x0A000000 + (index >> 6), (ushort)(49152 + (index & 63))).GetHashCode() & 0xFFFF);
        }

        // 4096 balls into 65536 bins leave about 3970 of them used.
        Assert.InRange(low.Count, 3800, 4096);
    }

    [Fact]
    public void A_transaction_ID_survives_its_bytes() => Gen.Byte.Array[12].Sample(bytes =>
    {
        var id = TransactionId.From(bytes);
        byte[] back = new byte[12];
        id.CopyTo(back);
        byte[] other = [.. bytes];
        other[11] ^= 1;
        return back.AsSpan().SequenceEqual(bytes) && id == TransactionId.From(back) && id != TransactionId.From(other);
    });
}
