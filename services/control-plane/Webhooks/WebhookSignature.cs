using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Turnpike.Cluster;

namespace Turnpike.ControlPlane.Webhooks;

/// <summary>The signature of Standard Webhooks: HMAC-SHA256 over id, time and body, with dots between them.</summary>
internal static class WebhookSignature
{
    /// <summary>What secrets begin with, when they are shown.</summary>
    private const string Prefix = "whsec_";

    private const int SecretBytes = 32;

    /// <summary>A secret by chance.</summary>
    /// <param name="unixNow">Seconds of Unix time.</param>
    public static WebhookSecret Make(long unixNow) => new(RandomNumberGenerator.GetBytes(SecretBytes), unixNow, long.MaxValue);

    /// <summary>The secret as receivers are given it.</summary>
    public static string Show(WebhookSecret secret) => Prefix + Convert.ToBase64String(secret.Value);

    /// <summary>The value of the header: a signature for each secret that is valid.</summary>
    /// <param name="id">The header <c>webhook-id</c>.</param>
    /// <param name="timestamp">The header <c>webhook-timestamp</c>: seconds of Unix time.</param>
    /// <param name="body">The body, byte by byte.</param>
    /// <param name="secrets">The newest first.</param>
    public static string Sign(string id, long timestamp, ReadOnlySpan<byte> body, IEnumerable<WebhookSecret> secrets)
    {
        byte[] head = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{id}.{timestamp}."));
        byte[] content = [.. head, .. body];
        return string.Join(' ', secrets.Where(secret => secret.IsValid(timestamp))
            .Select(secret => $"v1,{Convert.ToBase64String(HMACSHA256.HashData(secret.Value, content))}"));
    }
}
