using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;

namespace Turnpike.Server;

/// <summary>What a mobility ticket says once it is open.</summary>
/// <param name="Allocation">The allocation's random name; whose it is, the allocation knows.</param>
/// <param name="Generation">How many moves the allocation had made when the ticket was given.</param>
/// <param name="Shard">Which shard holds the allocation.</param>
internal readonly record struct Ticket(ulong Allocation, ushort Generation, byte Shard);

/// <summary>
/// MOBILITY-TICKET on the wire: base64url of <c>key id(1) allocation(8) generation(2) AES-256-GCM(shard 1) tag(12)</c>. Always of
/// one length, and impossible to make or change without the key (RFC 8016 sections 3.1.2 and 5). A ticket has no time of its own:
/// it is good as long as the allocation that it names. It is text of 32 characters because coturn's clients keep it as a string
/// of no more.
/// </summary>
internal static class SealedTicket
{
    /// <summary>Bytes of a ticket.</summary>
    public const int Length = RawLength / 3 * 4;

    private const int NameOffset = 1;
    private const int GenerationOffset = NameOffset + 8;
    private const int BodyOffset = GenerationOffset + 2;
    private const int BodyLength = 1;
    private const int TagOffset = BodyOffset + BodyLength;
    private const int TagLength = 12; // the least that NIST SP 800-38D section 5.2.1.2 gives for general use
    private const int RawLength = TagOffset + TagLength;

    // The random name and the generation are the nonce: both together never name another content.
    private const int NonceLength = 12;

    /// <summary>Seals a ticket under the newest key.</summary>
    /// <param name="keys">The keys: the first seals.</param>
    /// <param name="ticket">What it says.</param>
    /// <param name="sealedTicket">Receives <see cref="Length"/> bytes.</param>
    public static void Seal(IReadOnlyList<TicketKey> keys, in Ticket ticket, Span<byte> sealedTicket)
    {
        TicketKey key = keys[0];
        Span<byte> raw = stackalloc byte[RawLength];
        raw[0] = key.Id;
        BinaryPrimitives.WriteUInt64BigEndian(raw[NameOffset..], ticket.Allocation);
        BinaryPrimitives.WriteUInt16BigEndian(raw[GenerationOffset..], ticket.Generation);
        using var aes = new AesGcm(key.Secret, TagLength);
        aes.Encrypt(Nonce(raw, stackalloc byte[NonceLength]), [ticket.Shard], raw.Slice(BodyOffset, BodyLength), raw[TagOffset..], raw[..NameOffset]);
        Base64Url.EncodeToUtf8(raw, sealedTicket);
    }

    /// <summary>Opens a ticket; false when none of the keys made it, whatever its length.</summary>
    public static bool TryOpen(IReadOnlyList<TicketKey> keys, ReadOnlySpan<byte> sealedTicket, out Ticket ticket)
    {
        ticket = default;
        Span<byte> raw = stackalloc byte[RawLength];
        if (sealedTicket.Length != Length
            || Base64Url.DecodeFromUtf8(sealedTicket, raw, out _, out int written) != OperationStatus.Done
            || written != RawLength)
        {
            return false;
        }

        foreach (TicketKey key in keys)
        {
            if (key.Id != raw[0])
            {
                continue;
            }

            Span<byte> shard = stackalloc byte[BodyLength];
            using var aes = new AesGcm(key.Secret, TagLength);
            try
            {
                aes.Decrypt(Nonce(raw, stackalloc byte[NonceLength]), raw.Slice(BodyOffset, BodyLength), raw[TagOffset..], shard, raw[..NameOffset]);
            }
            catch (AuthenticationTagMismatchException)
            {
                // The only way in which .NET says that a tag is wrong; its sender has proved its address by a nonce.
                return false;
            }

            ticket = new Ticket(
                BinaryPrimitives.ReadUInt64BigEndian(raw[NameOffset..]),
                BinaryPrimitives.ReadUInt16BigEndian(raw[GenerationOffset..]),
                shard[0]);
            return true;
        }

        return false;
    }

    private static Span<byte> Nonce(ReadOnlySpan<byte> raw, Span<byte> nonce)
    {
        nonce.Clear();
        raw[NameOffset..BodyOffset].CopyTo(nonce);
        return nonce;
    }
}
