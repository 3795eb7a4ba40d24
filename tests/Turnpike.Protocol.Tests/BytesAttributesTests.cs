using CsCheck;
using Turnpike.Protocol.Attributes;

namespace Turnpike.Protocol.Tests;

public class BytesAttributesTests
{
    private delegate AttributeResult Reader(scoped in StunMessage message, out ReadOnlySpan<byte> value);

    private delegate void Writer(ref StunMessageWriter writer, scoped ReadOnlySpan<byte> value);

    /// <summary>Name, least and greatest length that is well-formed.</summary>
    public static TheoryData<string, int, int> Limits => new()
    {
        { "Username", 0, 508 },
        { "Realm", 0, 763 },
        { "Nonce", 0, 763 },
        { "Software", 0, 763 },
        { "AlternateDomain", 0, 255 },
        { "ThirdPartyAuthorization", 0, 763 },
        { "UserHash", 32, 32 },
        { "Data", 0, 65_528 },
        { "AccessToken", 0, 65_528 },
        { "MobilityTicket", 0, 65_528 },
    };

    [Theory]
    [MemberData(nameof(Limits))]
    public void Every_value_within_the_limits_comes_back(string name, int least, int greatest)
    {
        (Reader read, Writer write) = Find(name);
        Gen.Byte.Array[least, Math.Min(greatest, 800)].Sample(
            value =>
            {
                byte[] bytes = Make.Message((ref StunMessageWriter writer) => write(ref writer, value));
                StunMessage message = Make.Parse(bytes);
                return read(in message, out ReadOnlySpan<byte> back) == AttributeResult.Ok && back.SequenceEqual(value);
            },
            iter: 100);
    }

    [Theory]
    [MemberData(nameof(Limits))]
    public void The_limits_are_kept_to_the_byte(string name, int least, int greatest)
    {
        (Reader read, Writer write) = Find(name);
        Assert.Equal(AttributeResult.Ok, LengthGives(least));
        Assert.Equal(AttributeResult.Ok, LengthGives(greatest));
        if (least > 0)
        {
            Assert.Equal(AttributeResult.Malformed, LengthGives(least - 1));
        }

        if (greatest < 60_000)
        {
            Assert.Equal(AttributeResult.Malformed, LengthGives(greatest + 1));
        }

        AttributeResult LengthGives(int length)
        {
            byte[] bytes = Make.Message((ref StunMessageWriter writer) => write(ref writer, new byte[length]));
            StunMessage message = Make.Parse(bytes);
            AttributeResult result = read(in message, out ReadOnlySpan<byte> value);
            Assert.Equal(result == AttributeResult.Ok ? length : 0, value.Length);
            return result;
        }
    }

    [Theory]
    [MemberData(nameof(Limits))]
    public void Absence_is_told_from_an_empty_value(string name, int least, int greatest)
    {
        Assert.True(least <= greatest);
        StunMessage message = Make.Parse(Make.Raw(0));

        Assert.Equal(AttributeResult.Absent, Find(name).Read(in message, out ReadOnlySpan<byte> value));
        Assert.True(value.IsEmpty);
    }

    private static (Reader Read, Writer Write) Find(string name) => name switch
    {
        "Username" => (Username.Read, Username.Write),
        "Realm" => (Realm.Read, Realm.Write),
        "Nonce" => (Nonce.Read, Nonce.Write),
        "Software" => (Software.Read, Software.Write),
        "AlternateDomain" => (AlternateDomain.Read, AlternateDomain.Write),
        "ThirdPartyAuthorization" => (ThirdPartyAuthorization.Read, ThirdPartyAuthorization.Write),
        "UserHash" => (UserHash.Read, UserHash.Write),
        "Data" => (Attributes.Data.Read, Attributes.Data.Write),
        "AccessToken" => (AccessToken.Read, AccessToken.Write),
        _ => (MobilityTicket.Read, MobilityTicket.Write),
    };
}
