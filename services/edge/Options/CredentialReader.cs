using System.Text;
using Turnpike.Protocol;
using Turnpike.Server;
using Turnpike.ServiceDefaults.Settings;

namespace Turnpike.Edge.Options;

/// <summary>Turns secrets into bytes and passwords into keys. No message here carries a value.</summary>
internal static class CredentialReader
{
    // 16 random characters of base64 are 96 bits; below that a captured username and password let the secret be guessed offline.
    private const int AdvisedSecretLength = 16;

    // RFC 8489 §14.3: USERNAME holds fewer than 509 bytes.
    private const int LongestUsername = 508;

    public static List<byte[]> Secrets(SettingsReading reading, string[] texts)
    {
        const string Name = nameof(EdgeOptions.Secrets);
        List<byte[]> secrets = [];
        for (int i = 0; i < texts.Length; i++)
        {
            if (string.IsNullOrWhiteSpace(texts[i]))
            {
                reading.AddProblem<EdgeOptions>(Name, null, "empty", i);
                continue;
            }
            if (texts[i].Length < AdvisedSecretLength)
            {
                reading.AddWarning<EdgeOptions>(Name, "shorter than 16 characters; whoever sees one credential can guess it", i);
            }
            secrets.Add(Encoding.UTF8.GetBytes(texts[i]));
        }
        return secrets;
    }

    public static List<StaticUser> Users(SettingsReading reading, string realm, string[] texts)
    {
        List<StaticUser> users = [];
        HashSet<string> names = new(StringComparer.Ordinal);
        for (int i = 0; i < texts.Length; i++)
        {
            string? why = Problem(texts[i], realm, out StaticUser? user);
            if (user is not null && !names.Add(user.Username))
            {
                why = "the same user as an earlier one";
            }
            if (why is not null)
            {
                reading.AddProblem<EdgeOptions>(nameof(EdgeOptions.Users), null, why, i);
            }
            else
            {
                users.Add(user!);
            }
        }
        return users;
    }

    private static string? Problem(string text, string realm, out StaticUser? user)
    {
        user = null;
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0)
        {
            return "no colon";
        }
        if (!OpaqueString.TryPrepare(text[..colon], out string name) || Encoding.UTF8.GetByteCount(name) > LongestUsername)
        {
            return "the user is empty, too long or has characters that RFC 8265 refuses";
        }
        if (!OpaqueString.TryPrepare(text[(colon + 1)..], out string password))
        {
            return "the password is empty or has characters that RFC 8265 refuses";
        }
        byte[] md5 = new byte[LongTermKey.Md5Length];
        byte[] sha256 = new byte[LongTermKey.Sha256Length];
        byte[] nameBytes = Encoding.UTF8.GetBytes(name);
        byte[] realmBytes = Encoding.UTF8.GetBytes(realm);
        byte[] passwordBytes = Encoding.UTF8.GetBytes(password);
        LongTermKey.Md5(nameBytes, realmBytes, passwordBytes, md5);
        LongTermKey.Sha256(nameBytes, realmBytes, passwordBytes, sha256);
        user = new StaticUser(name, md5, sha256);
        return null;
    }
}
