using System.Globalization;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Turnpike.Interop.Processes;

namespace Turnpike.Interop.Clients;

/// <summary>An access token (RFC 7635) and what its client was told with it.</summary>
internal sealed record AccessToken(string KeyId, byte[] Token, byte[] MacKey);

/// <summary>Debian's <c>turnutils_oauth</c> as the authorization server.</summary>
internal static partial class AccessTokens
{
    // RFC 7635 section 4.1: 160 bits for HMAC-SHA1.
    private const int MacKeyLength = 20;
    private const int NonceLength = 12;
    private const int FractionBits = 16;
    private static readonly TimeSpan RunDeadline = TimeSpan.FromSeconds(15);

    // turnutils_oauth takes the key for text, which ends at a zero.
    private static readonly byte[] NotZero = [.. Enumerable.Range(1, 255).Select(b => (byte)b)];

    /// <summary>A token that is valid for an hour, made so long ago.</summary>
    public static async Task<AccessToken> MakeAsync(
        string serverName, string keyId, byte[] key, string algorithm = "A256GCM", TimeSpan age = default)
    {
        byte[] macKey = RandomNumberGenerator.GetItems<byte>(NotZero, MacKeyLength);
        long made = TimeProvider.System.GetUtcNow().Subtract(age).ToUnixTimeSeconds();
        string[] arguments =
        [
            "-e",
            "--server-name", serverName,
            "--auth-key-id", keyId,
            "--auth-key", Convert.ToBase64String(key),
            "--auth-key-timestamp", made.ToString(CultureInfo.InvariantCulture),
            "--auth-key-lifetime", "86400",
            "--auth-key-as-rs-alg", algorithm,
            "--token-nonce", Convert.ToBase64String(RandomNumberGenerator.GetBytes(NonceLength)),
            "--token-mac-key", Convert.ToBase64String(macKey),
            "--token-timestamp", (made << FractionBits).ToString(CultureInfo.InvariantCulture),
            "--token-lifetime", "3600",
            "--hmac-alg", "HMAC-SHA-1",
        ];
        await using var process = ChildProcess.Start("turnutils_oauth", arguments);
        await process.WaitForExitAsync(RunDeadline);
        var token = Token().Match(process.Output);
        Assert.True(token.Success, $"turnutils_oauth made no token:\n{process.Output}");
        return new AccessToken(keyId, Convert.FromBase64String(token.Groups[1].Value), macKey);
    }

    [GeneratedRegex("\"access_token\":\"([^\"]+)\"")]
    private static partial Regex Token();
}
