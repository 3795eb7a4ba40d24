using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Turnpike.ControlPlane.Calls;

/// <summary>
/// Where a page ended, for the next one: text that callers only carry. It remembers the other parameters of the request, so that a
/// token cannot go on with a different question (AIP-158).
/// </summary>
public static class PageToken
{
    private const int DigestBytes = 8;

    /// <summary>Makes a token.</summary>
    /// <param name="position">Where the page ended.</param>
    /// <param name="question">The other parameters of the request, the page size left out.</param>
    public static string Make(string position, string question) =>
        Base64Url.EncodeToString([.. Digest(question), .. Encoding.UTF8.GetBytes(position)]);

    /// <summary>Reads a token; an empty one is the beginning, null.</summary>
    /// <param name="token">What the caller sent.</param>
    /// <param name="question">The other parameters of this request.</param>
    /// <exception cref="Grpc.Core.RpcException">INVALID_ARGUMENT: not a token of this question.</exception>
    public static string? Read(string token, string question)
    {
        if (token.Length == 0)
        {
            return null;
        }
        if (token.Length > 4096 || !Base64Url.IsValid(token, out int length) || length < DigestBytes)
        {
            throw Wrong();
        }
        byte[] bytes = Base64Url.DecodeFromChars(token);
        return bytes.AsSpan(0, DigestBytes).SequenceEqual(Digest(question)) ? Encoding.UTF8.GetString(bytes.AsSpan(DigestBytes)) : throw Wrong();
    }

    /// <summary>The size of a page as asked for, within bounds.</summary>
    /// <exception cref="Grpc.Core.RpcException">INVALID_ARGUMENT: negative.</exception>
    public static int Size(int asked, int usual = 100, int most = 1000) => asked switch
    {
        < 0 => throw Problems.Invalid("page_size", $"{asked} is negative; allowed: 0 to {most}"),
        0 => usual,
        _ => Math.Min(asked, most),
    };

    private static ReadOnlySpan<byte> Digest(string question) => SHA256.HashData(Encoding.UTF8.GetBytes(question)).AsSpan(0, DigestBytes);

    private static Grpc.Core.RpcException Wrong() =>
        Problems.Invalid("page_token", "not a token of this request; send an empty one for the first page, and the same other fields with each");
}
