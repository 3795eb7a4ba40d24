namespace Turnpike.Protocol;

/// <summary>The password algorithms of RFC 8489 §18.5, as PASSWORD-ALGORITHM and PASSWORD-ALGORITHMS carry them.</summary>
public enum PasswordAlgorithmId : ushort
{
    /// <summary>Reserved.</summary>
    None = 0,

    /// <summary>MD5, without parameters (§18.5.1.1).</summary>
    Md5 = 1,

    /// <summary>SHA-256, without parameters (§18.5.1.2).</summary>
    Sha256 = 2,
}
