using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Turnpike.Cluster;
using Turnpike.Edge.Cluster;
using Turnpike.Edge.Options;
using Turnpike.Edge.Tests.Host;
using Turnpike.Protocol;
using Turnpike.Server;

namespace Turnpike.Edge.Tests.Cluster;

/// <summary>Who is who, without a store and without a socket.</summary>
public sealed class ClusterCredentialsTests
{
    private const long Now = 1_800_000_000;

    private static readonly RealmSecret Secret = new("k1", Encoding.ASCII.GetBytes("the-first-secret-of-the-realm"), 0, long.MaxValue);
    private static readonly RealmRecord RealmA = new() { Name = "a", Version = 1, Secrets = [Secret] };

    private readonly EdgeSettings _settings = Reading.Good(("Edge:Users:0", "carol:of-the-settings"));
    private readonly RealmTable _realms;
    private readonly ICredentialSource _source;
    private RevocationSet _revoked = RevocationSet.Empty;
    private bool _isLoaded = true;

    public ClusterCredentialsTests()
    {
        _realms = new RealmTable(_settings, NullLogger.Instance);
        StoredUsers users = new(new NoUsers(), TimeSpan.FromMinutes(5), new FakeTimeProvider(), NullLogger.Instance);
        _source = new ClusterCredentials(_settings, _realms, () => _revoked, users, () => _isLoaded).For(0);
        _realms.Update(RealmTableTests.Records(RealmA));
    }

    [Fact]
    public void An_issued_credential_names_its_realm_user_and_tag()
    {
        (string username, string password) = IssuedCredential.Issue(RealmA, "alice", "web", TimeSpan.FromHours(1), Now, ':');
        Credential found = Found(username);
        Assert.Equal(("a", "alice", "web", Now, Now + 3600), (found.Realm, found.User, found.Tag, found.IssuedAt, found.ExpiresAt));

        // The key is made with the realm that the edge announces, whoever the tenant is.
        byte[] key = new byte[LongTermKey.Md5Length];
        LongTermKey.Md5(Encoding.UTF8.GetBytes(username), "turnpike"u8, Encoding.ASCII.GetBytes(password), key);
        Assert.Equal(key, Assert.Single(found.Keys).Key);
        Assert.True(_source.IsCurrent(found, Now));
    }

    [Fact]
    public void An_issued_credential_ends_with_its_expiry_and_with_its_secret()
    {
        (string username, _) = IssuedCredential.Issue(RealmA, "alice", "", TimeSpan.FromHours(1), Now, ':');
        Assert.Equal(CredentialLookup.Expired, Find(username, Now + 3600).Lookup);
        _realms.Update(RealmTableTests.Records(RealmA with { Secrets = [Secret with { NotAfter = Now + 100 }] }));
        Credential found = Found(username);
        Assert.True(_source.IsCurrent(found, Now + 99));
        Assert.False(_source.IsCurrent(found, Now + 100));
        Assert.Equal(CredentialLookup.Unknown, Find(username, Now + 100).Lookup);
    }

    [Fact]
    public void A_second_secret_beside_the_first_changes_nothing_for_credentials_of_the_first()
    {
        (string username, _) = IssuedCredential.Issue(RealmA, "alice", "", TimeSpan.FromHours(1), Now, ':');
        Credential before = Found(username);
        RealmSecret second = new("k2", Encoding.ASCII.GetBytes("the-second-secret-of-the-realm"), Now, long.MaxValue);
        _realms.Update(RealmTableTests.Records(RealmA with { Version = 2, Secrets = [Secret, second] }));
        Assert.True(_source.IsCurrent(before, Now));
        Assert.Equal(before.Keys[0].Key, Found(username).Keys[0].Key);
        _realms.Update(RealmTableTests.Records(RealmA with { Version = 3, Secrets = [second] }));
        Assert.False(_source.IsCurrent(before, Now));
        Assert.Equal(CredentialLookup.Unknown, Find(username).Lookup);
    }

    [Fact]
    public void An_issued_credential_of_an_unknown_realm_or_secret_is_unknown_and_before_the_store_was_read_nobody_can_tell()
    {
        string otherRealm = new IssuedUsername(Now + 60, "k1", Now, "b", "alice", "").Format(':');
        string otherSecret = new IssuedUsername(Now + 60, "k9", Now, "a", "alice", "").Format(':');
        Assert.Equal(CredentialLookup.Unknown, Find(otherRealm).Lookup);
        Assert.Equal(CredentialLookup.Unknown, Find(otherSecret).Lookup);
        _isLoaded = false;
        Assert.Equal(CredentialLookup.Unavailable, Find(otherRealm).Lookup);
    }

    [Fact]
    public void A_malformed_issued_name_is_no_plain_one() =>
        Assert.Equal(CredentialLookup.Unknown, Find($"{Now + 60}:~k1~0~a").Lookup);

    [Fact]
    public void A_plain_credential_verifies_under_every_active_secret_of_the_edges_realm()
    {
        RealmRecord own = new() { Name = "turnpike", Version = 1, Secrets = [Secret] };
        _realms.Update(RealmTableTests.Records(own));
        Credential found = Found($"{Now + 60}:bob");
        Assert.Equal((null, "bob", null), (found.Realm, found.User, found.IssuedAt));
        Assert.Equal(2, found.Keys.Count); // that of the settings, and that of the record
        Assert.True(_source.IsCurrent(found, Now));
        _realms.Update(RealmTableTests.Records(own with { Version = 2, Secrets = [] }));
        Assert.False(_source.IsCurrent(found, Now)); // its secret may be the one that is gone: it has to show again
        Assert.Single(Found($"{Now + 60}:bob").Keys);
    }

    [Fact]
    public void A_plain_credential_reaches_no_further_than_its_realm_allows()
    {
        _realms.Update(RealmTableTests.Records(new RealmRecord { Name = "turnpike", Policy = new RealmPolicy { MaxCredentialLifetime = 600 } }));
        Assert.Equal(CredentialLookup.Found, Find($"{Now + 660}:bob").Lookup);
        Assert.Equal(CredentialLookup.Unknown, Find($"{Now + 661}:bob").Lookup);
    }

    [Theory]
    [InlineData(RevocationKind.User, "alice")]
    [InlineData(RevocationKind.Tag, "web")]
    [InlineData(RevocationKind.Realm, "")]
    public void What_was_issued_before_a_revocation_is_revoked_and_what_comes_later_is_not(RevocationKind kind, string value)
    {
        (string before, _) = IssuedCredential.Issue(RealmA, "alice", "web", TimeSpan.FromHours(1), Now, ':');
        (string after, _) = IssuedCredential.Issue(RealmA, "alice", "web", TimeSpan.FromHours(1), Now + 1, ':');
        Credential found = Found(before);
        _revoked = RevocationSet.From([new Revocation("1", kind, "a", value, Now, Now + 3600)]);
        Assert.Equal(CredentialLookup.Revoked, Find(before).Lookup);
        Assert.False(_source.IsCurrent(found, Now));
        Assert.Equal(CredentialLookup.Found, Find(after, Now + 1).Lookup);
    }

    [Fact]
    public void One_credential_is_revoked_by_its_name()
    {
        (string one, _) = IssuedCredential.Issue(RealmA, "alice", "", TimeSpan.FromHours(1), Now, ':');
        (string other, _) = IssuedCredential.Issue(RealmA, "bob", "", TimeSpan.FromHours(1), Now, ':');
        _revoked = RevocationSet.From([new Revocation("1", RevocationKind.Credential, "a", one, Now, Now + 3600)]);
        Assert.Equal(CredentialLookup.Revoked, Find(one).Lookup);
        Assert.Equal(CredentialLookup.Found, Find(other).Lookup);
    }

    [Fact]
    public void Users_of_the_settings_and_plain_credentials_are_revoked_as_long_as_the_revocation_lives()
    {
        Credential carol = Found("carol");
        _revoked = RevocationSet.From([
            new Revocation("1", RevocationKind.User, "turnpike", "carol", Now - 10, Now + 10),
            new Revocation("2", RevocationKind.User, "turnpike", "bob", Now - 10, Now + 10),
        ]);
        Assert.Equal(CredentialLookup.Revoked, Find("carol").Lookup);
        Assert.Equal(CredentialLookup.Revoked, Find($"{Now + 60}:bob").Lookup);
        Assert.False(_source.IsCurrent(carol, Now));
        Assert.True(_source.IsCurrent(carol, Now + 10));
        Assert.Equal(CredentialLookup.Found, Find("carol", Now + 10).Lookup);
    }

    private Credential Found(string username)
    {
        (CredentialLookup lookup, Credential? credential) = Find(username);
        Assert.Equal(CredentialLookup.Found, lookup);
        return credential!;
    }

    private (CredentialLookup Lookup, Credential? Credential) Find(string username, long unixNow = Now)
    {
        CredentialQuery query = new() { Username = Encoding.UTF8.GetBytes(username), Algorithm = PasswordAlgorithmId.Md5, UnixNow = unixNow, Ticket = 1 };
        return (_source.Find(query, out Credential? credential), credential);
    }

    private sealed class NoUsers : IUserLookup
    {
        public bool IsAvailable => false;

        public Task<StaticUserRecord?> FindAsync(string username) => throw new InvalidOperationException("Nobody is asked.");

        public Task<StaticUserRecord?> FindByHashAsync(byte[] userHash) => throw new InvalidOperationException("Nobody is asked.");
    }
}
