using System.Security.Cryptography;
using CsCheck;

namespace Turnpike.Protocol.Tests;

public class LongTermKeyTests
{
    [Fact]
    public void The_keys_are_digests_of_username_realm_and_password_with_colons_between()
    {
        Gen.Byte.Array[0, 600].Array[3].Sample(
            parts =>
            {
                byte[] joined = [.. parts[0], (byte)':', .. parts[1], (byte)':', .. parts[2]];
                byte[] md5 = new byte[LongTermKey.Md5Length];
                byte[] sha256 = new byte[LongTermKey.Sha256Length];
                LongTermKey.Md5(parts[0], parts[1], parts[2], md5);
                LongTermKey.Sha256(parts[0], parts[1], parts[2], sha256);
                return md5.AsSpan().SequenceEqual(MD5.HashData(joined)) && sha256.AsSpan().SequenceEqual(SHA256.HashData(joined));
            },
            iter: 200);
    }

    [Fact]
    public void The_example_of_RFC_8489_section_18_5_1_1_gives_its_key()
    {
        byte[] key = new byte[LongTermKey.Md5Length];
        LongTermKey.Md5("user"u8, "realm"u8, "pass"u8, key);

        Assert.Equal("8493fbc53ba582fb4c044c456bdc40eb", Convert.ToHexStringLower(key));
    }
}
