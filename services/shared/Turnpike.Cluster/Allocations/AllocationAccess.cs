using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Turnpike.Cluster;

/// <summary>
/// Who may ask an edge for its allocations: whoever has the cluster's keys. The proof is an HMAC-SHA256 of the edge's id and the minute,
/// so that it is worth nothing at another edge, nor for long.
/// </summary>
public static class AllocationAccess
{
    /// <summary>The path on the edge's management port.</summary>
    public const string Path = "/cluster/allocations";

    private const string Purpose = "allocations";
    private const int MinuteSeconds = 60;

    // What is proved may have been made a minute ago, or by a clock that is ahead by less than that.
    private const int MinutesOff = 1;

    /// <summary>Makes the proof: hexadecimal text.</summary>
    /// <param name="ring">The cluster's keys; the ticket key that signs is used.</param>
    /// <param name="edgeId">The edge that is asked.</param>
    /// <param name="unixSeconds">The time.</param>
    public static string Prove(ClusterKeyRing ring, string edgeId, long unixSeconds) =>
        Convert.ToHexStringLower(Proof(ring.Ticket[0], edgeId, unixSeconds / MinuteSeconds));

    /// <summary>Checks a proof against every key, in a time that does not depend on how near it is.</summary>
    /// <param name="proof">What came; any text.</param>
    /// <param name="ring">The cluster's keys.</param>
    /// <param name="edgeId">The edge that was asked.</param>
    /// <param name="unixSeconds">The time.</param>
    public static bool IsProof(string proof, ClusterKeyRing ring, string edgeId, long unixSeconds)
    {
        if (proof.Length != HMACSHA256.HashSizeInBytes * 2 || !proof.All(char.IsAsciiHexDigit))
        {
            return false;
        }
        byte[] given = Convert.FromHexString(proof);
        bool isOne = false;
        foreach (ClusterKey key in ring.Ticket)
        {
            for (int off = -MinutesOff; off <= MinutesOff; off++)
            {
                isOne |= CryptographicOperations.FixedTimeEquals(given, Proof(key, edgeId, (unixSeconds / MinuteSeconds) + off));
            }
        }
        return isOne;
    }

    private static byte[] Proof(ClusterKey key, string edgeId, long minute) => HMACSHA256.HashData(
        key.Secret, Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Purpose}\n{edgeId}\n{minute}")));
}
