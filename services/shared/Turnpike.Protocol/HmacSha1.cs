using Turnpike.Protocol.Hashing;

namespace Turnpike.Protocol;

/// <summary>HMAC-SHA1 (RFC 2104) under one key, for many short messages.</summary>
/// <param name="key">A key of any length; nothing of it is kept but what it hashes to.</param>
public sealed class HmacSha1(ReadOnlySpan<byte> key)
{
    /// <summary>20 bytes.</summary>
    public const int Length = 20;

    internal readonly Hmac<Sha1State> State = new(key);

    /// <summary>Writes the 20 bytes of a message's code to the front of <paramref name="code"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Fewer than 20 bytes of room.</exception>
    public void Compute(ReadOnlySpan<byte> message, Span<byte> code) => State.Compute([], message, code);
}
