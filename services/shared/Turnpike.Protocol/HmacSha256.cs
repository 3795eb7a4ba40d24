using Turnpike.Protocol.Hashing;

namespace Turnpike.Protocol;

/// <summary>HMAC-SHA256 (RFC 2104) under one key, for many short messages.</summary>
/// <param name="key">A key of any length; nothing of it is kept but what it hashes to.</param>
public sealed class HmacSha256(ReadOnlySpan<byte> key)
{
    /// <summary>32 bytes.</summary>
    public const int Length = 32;

    internal readonly Hmac<Sha256State> State = new(key);

    /// <summary>Writes the 32 bytes of a message's code to the front of <paramref name="code"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Fewer than 32 bytes of room.</exception>
    public void Compute(ReadOnlySpan<byte> message, Span<byte> code) => State.Compute([], message, code);
}
