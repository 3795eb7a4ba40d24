using System.Security.Cryptography;

namespace Turnpike.Protocol.Hashing;

/// <summary>
/// HMAC (RFC 2104) with a key whose two blocks are hashed once. The framework's goes through OpenSSL's provider look-up for each message, which costs
/// ten times what an Allocate's hundred bytes do; an allocation takes seven codes, its deletion included.
/// </summary>
internal readonly struct Hmac<THash>
    where THash : struct, IBlockHash<THash>
{
    private const byte InnerPad = 0x36;
    private const byte OuterPad = 0x5c;
    private readonly THash _inner;
    private readonly THash _outer;

    /// <summary>Takes a key of any length.</summary>
    public Hmac(ReadOnlySpan<byte> key)
    {
        Span<byte> block = stackalloc byte[HmacLayout.BlockLength];
        block.Clear();
        if (key.Length <= block.Length)
        {
            key.CopyTo(block);
        }
        else
        {
            Finish(THash.Initial, 0, [], key, block);
        }

        _inner = _outer = THash.Initial;
        Mask(block, InnerPad);
        _inner.Append(block);
        Mask(block, InnerPad ^ OuterPad);
        _outer.Append(block);
        CryptographicOperations.ZeroMemory(block); // no copy of a key of up to a block is left behind
    }

    /// <summary>The code of <paramref name="head"/> and, right behind it, <paramref name="body"/>.</summary>
    /// <param name="head">Fewer than 64 bytes; may be empty.</param>
    /// <param name="body">The rest.</param>
    /// <param name="code">Room for the hash's digest.</param>
    public void Compute(scoped ReadOnlySpan<byte> head, scoped ReadOnlySpan<byte> body, Span<byte> code)
    {
        Span<byte> inner = stackalloc byte[THash.DigestLength];
        Finish(_inner, HmacLayout.BlockLength, head, body, inner);
        Finish(_outer, HmacLayout.BlockLength, inner, [], code);
    }

    /// <summary>Hashes the end of a message.</summary>
    /// <param name="hash">The state so far.</param>
    /// <param name="hashed">Bytes hashed so far: whole blocks.</param>
    /// <param name="head">What follows: fewer than a block.</param>
    /// <param name="body">What follows that.</param>
    /// <param name="digest">Where the digest goes.</param>
    private static void Finish(
        THash hash, long hashed, scoped ReadOnlySpan<byte> head, scoped ReadOnlySpan<byte> body, Span<byte> digest)
    {
        long length = hashed + head.Length + body.Length;
        Span<byte> last = stackalloc byte[2 * HmacLayout.BlockLength];
        int left = head.Length;
        head.CopyTo(last);
        if (left + body.Length >= HmacLayout.BlockLength)
        {
            if (left > 0)
            {
                int taken = HmacLayout.BlockLength - left;
                body[..taken].CopyTo(last[left..]);
                hash.Append(last[..HmacLayout.BlockLength]);
                body = body[taken..];
                left = 0;
            }

            int whole = body.Length - (body.Length % HmacLayout.BlockLength);
            hash.Append(body[..whole]);
            body = body[whole..];
        }

        body.CopyTo(last[left..]);
        hash.Append(HmacLayout.Pad(last, left + body.Length, length));
        hash.Write(digest);
    }

    private static void Mask(Span<byte> block, byte pad)
    {
        foreach (ref byte each in block)
        {
            each ^= pad;
        }
    }
}
