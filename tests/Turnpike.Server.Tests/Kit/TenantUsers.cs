using System.Text;

namespace Turnpike.Server.Tests;

/// <summary>
/// Users of several realms that authenticate with one REALM attribute: "red/alice" is alice of the realm "red", accounted under the tag
/// "red-tag", with the password "red/alice-password". Any of them can be revoked.
/// </summary>
internal sealed class TenantUsers : ICredentialSource
{
    public HashSet<string> Revoked { get; } = [];

    /// <summary>Credentials that were found before and do not hold any more, though their user does.</summary>
    public HashSet<Credential> Retired { get; } = [];

    public int Lookups { get; private set; }

    public int Questions { get; private set; }

    /// <summary>The last one that was found.</summary>
    public Credential? LastFound { get; private set; }

    public static TestClient Client(
        TestServer server, string username, int port = 40_000, ClientTransport transport = ClientTransport.Udp) =>
        new(server, username, $"{username}-password", Addresses.Client.WithPort((ushort)port), transport);

    public CredentialLookup Find(in CredentialQuery query, out Credential? credential)
    {
        Lookups++;
        string username = Encoding.UTF8.GetString(query.Username);
        string[] parts = username.Split('/');
        credential = null;
        if (parts.Length != 2 || Revoked.Contains(username))
        {
            return CredentialLookup.Unknown;
        }

        byte[] key = Users.Key(username, $"{username}-password", Users.Realm, query.Algorithm);
        credential = LastFound = new Credential
        {
            Username = query.Username.ToArray(),
            User = parts[1],
            Realm = parts[0],
            Tag = $"{parts[0]}-tag",
            Keys = [new LongTermCredentialKey(query.Algorithm, key)],
        };
        return CredentialLookup.Found;
    }

    public bool IsCurrent(Credential credential, long unixNow)
    {
        Questions++;
        return !Retired.Contains(credential) && !Revoked.Contains(Encoding.UTF8.GetString(credential.Username));
    }
}
