using System.Security.Cryptography;
using Turnpike.Edge.Transport.Dtls;
using Turnpike.Testing;

namespace Turnpike.Edge.Tests.Dtls;

/// <summary>Records under each cipher; that other implementations read them is shown by the calls.</summary>
public sealed class RecordProtectionTests
{
    public static TheoryData<string> Ciphers() => [.. Enum.GetNames<RecordCipher>()];

    [Theory]
    [MemberData(nameof(Ciphers))]
    public void What_one_side_seals_the_other_opens(string cipher)
    {
        (RecordProtection server, RecordProtection client) = Pair(cipher);
        for (int length = 0; length < 200; length += 13)
        {
            byte[] text = RandomNumberGenerator.GetBytes(length);
            byte[] bytes = new byte[length + server.Overhead];
            server.Seal(ContentType.ApplicationData, 1, (ulong)length, text, bytes);
            Assert.True(DtlsRecord.TryRead(bytes, out DtlsRecord record));
            Assert.Equal(bytes.Length, record.TotalLength);
            Assert.True(client.TryOpen(record, bytes, out Span<byte> opened));
            Assert.Equal(text, opened.ToArray());
        }
    }

    [Theory]
    [MemberData(nameof(Ciphers))]
    public void A_change_of_any_byte_is_noticed(string cipher)
    {
        (RecordProtection server, RecordProtection client) = Pair(cipher);
        byte[] good = new byte[40 + server.Overhead];
        server.Seal(ContentType.ApplicationData, 1, 7, new byte[40], good);
        for (int i = 0; i < good.Length; i++)
        {
            byte[] bytes = [.. good];
            bytes[i] ^= 1;
            bool isVersion = i is 1 or 2; // no part of what the tag covers: the session compares it
            bool opened = DtlsRecord.TryRead(bytes, out DtlsRecord record) && client.TryOpen(record, bytes, out _);
            Assert.True(!opened || isVersion, $"byte {i}");
        }
    }

    [Theory]
    [MemberData(nameof(Ciphers))]
    public void A_record_shorter_than_its_tag_is_no_record(string cipher)
    {
        (_, RecordProtection client) = Pair(cipher);
        byte[] bytes = new byte[DtlsRecord.HeaderLength + 15];
        DtlsRecord.WriteHeader(bytes, ContentType.ApplicationData, DtlsRecord.Version12, 1, 0, 15);
        Assert.True(DtlsRecord.TryRead(bytes, out DtlsRecord record));
        Assert.False(client.TryOpen(record, bytes, out _));
    }

    [Theory]
    [MemberData(nameof(Ciphers))]
    public void Sealing_and_opening_allocate_nothing(string cipher)
    {
        (RecordProtection server, RecordProtection client) = Pair(cipher);
        byte[] text = new byte[160];
        byte[] bytes = new byte[text.Length + server.Overhead];
        Run(100);
        Assert.Equal(0, AllocatedBytes.During(() => Run(10_000)));

        void Run(int count)
        {
            for (int i = 0; i < count; i++)
            {
                server.Seal(ContentType.ApplicationData, 1, (ulong)i, text, bytes);
                if (!DtlsRecord.TryRead(bytes, out DtlsRecord record) || !client.TryOpen(record, bytes, out _))
                {
                    Assert.Fail("A record was refused.");
                }
            }
        }
    }

    /// <summary>Both ends of one session: the client's is a server's with the halves of the key block exchanged.</summary>
    private static (RecordProtection Server, RecordProtection Client) Pair(string name)
    {
        RecordCipher cipher = Enum.Parse<RecordCipher>(name);
        byte[] block = RandomNumberGenerator.GetBytes(RecordProtection.KeyBlockLength(cipher));
        int key = cipher == RecordCipher.AesGcm128 ? 16 : 32;
        int iv = (block.Length - (2 * key)) / 2;
        byte[] exchanged =
        [
            .. block[key..(2 * key)], .. block[..key],
            .. block[((2 * key) + iv)..], .. block[(2 * key)..((2 * key) + iv)],
        ];
        return (new RecordProtection(cipher, block), new RecordProtection(cipher, exchanged));
    }
}
