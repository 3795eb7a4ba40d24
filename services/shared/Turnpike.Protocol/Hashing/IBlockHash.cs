namespace Turnpike.Protocol.Hashing;

/// <summary>A hash of FIPS 180-4 over blocks of 64 bytes, without its padding: a value, so that a state can be kept and gone on from.</summary>
internal interface IBlockHash<TSelf>
    where TSelf : struct, IBlockHash<TSelf>
{
    /// <summary>Bytes of the digest.</summary>
    static abstract int DigestLength { get; }

    /// <summary>The state before the first block.</summary>
    static abstract TSelf Initial { get; }

    /// <summary>Goes on with whole blocks.</summary>
    /// <param name="blocks">A multiple of 64 bytes.</param>
    void Append(ReadOnlySpan<byte> blocks);

    /// <summary>Writes the state, big-endian, to the front of <paramref name="digest"/>.</summary>
    void Write(Span<byte> digest);
}
