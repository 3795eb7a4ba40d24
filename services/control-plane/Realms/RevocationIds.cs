using System.Security.Cryptography;
using System.Text;

namespace Turnpike.ControlPlane.Realms;

/// <summary>The ids of revocations.</summary>
internal static class RevocationIds
{
    private const int Digits = 16;

    /// <summary>A new one.</summary>
    public static string Make() => RandomNumberGenerator.GetHexString(Digits, lowercase: true);

    /// <summary>The one that a deleted static user has, so that it is found again when the user is made anew.</summary>
    public static string OfUser(string realm, string user) =>
        "user-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{realm}/{user}")))[..(Digits * 2)];
}
