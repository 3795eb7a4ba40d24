using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Turnpike.Contracts.V1;
using Turnpike.ControlPlane.Interop.Kit;
using Turnpike.Interop.Clients;
using Turnpike.Interop.Processes;
using Turnpike.Interop.Servers;

namespace Turnpike.ControlPlane.Interop;

/// <summary>
/// Credentials as other applications make them, with a secret that they share with the realm that edges announce; what to set is in
/// <c>services/control-plane/INTEGRATIONS.md</c>. Debian's turnutils_uclient uses them.
/// </summary>
[Collection(ThreeEdges.Collection)]
public sealed class IntegrationTests(ThreeEdges three)
{
    private const string Secret = "a-secret-that-applications-share-with-turnpike";
    private const int Messages = 5;
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData("Nextcloud Talk", "{0}:q8Zt0aB3kLmN5xYw")]
    [InlineData("Prosody, for Jitsi", "{0}")]
    [InlineData("Synapse", "{0}:@alice:example.org")]
    [InlineData("Conduit, with a user of another server", "{0}:@zo\u00eb:example.org")]
    public async Task What_an_application_makes_with_a_shared_secret_relays(string application, string form)
    {
        Assert.NotEmpty(application);
        await ShareSecretAsync();
        // Each of them: base64 of HMAC-SHA1 over the username, and a username that begins with its end in seconds of Unix time.
        long expiry = TimeProvider.System.GetUtcNow().AddDays(1).ToUnixTimeSeconds();
        string username = string.Format(CultureInfo.InvariantCulture, form, expiry);
        string password = Convert.ToBase64String(HMACSHA1.HashData(Encoding.UTF8.GetBytes(Secret), Encoding.UTF8.GetBytes(username)));
        await RelayAsync(username, password);
    }

    [Fact]
    public async Task A_static_user_for_LiveKit_relays()
    {
        var realms = new RealmService.RealmServiceClient(three.Plane.Invoker());
        string name = $"realms/{ServerSettings.Realm}/users/livekit";
        await realms.PutUserAsync(new PutUserRequest { Name = name, Password = "long-password-of-livekit" }, cancellationToken: TestContext.Current.CancellationToken);
        await RelayAsync("livekit", "long-password-of-livekit");
        await realms.DeleteUserAsync(new DeleteUserRequest { Name = name }, cancellationToken: TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_credential_of_another_secret_is_refused()
    {
        string username = $"{TimeProvider.System.GetUtcNow().AddDays(1).ToUnixTimeSeconds()}:mallory";
        string password = Convert.ToBase64String(HMACSHA1.HashData("a-secret-that-nobody-shares"u8.ToArray(), Encoding.UTF8.GetBytes(username)));
        using TurnClient client = new(three.Fleet.Edges[0].EndPoint) { Credential = (username, password) };
        Assert.Equal(401, (await client.AllocateAsync()).Code);
    }

    /// <summary>Adds the secret to the realm, as INTEGRATIONS.md says; once will do.</summary>
    private async Task ShareSecretAsync()
    {
        var realms = new RealmService.RealmServiceClient(three.Plane.Invoker());
        Realm realm = await realms.GetRealmAsync(new GetRealmRequest { Name = $"realms/{ServerSettings.Realm}" }, cancellationToken: TestContext.Current.CancellationToken);
        if (realm.Secrets.All(secret => !secret.Name.EndsWith("/shared", StringComparison.Ordinal)))
        {
            await realms.AddSecretAsync(
                new AddSecretRequest { Parent = realm.Name, SecretId = "shared", Value = Secret }, cancellationToken: TestContext.Current.CancellationToken);
        }
    }

    private async Task RelayAsync(string username, string password)
    {
        EdgeServer edge = three.Fleet.Edges[0];
        (await ThreeEdges.AllocateAsync(edge, username, password)).Dispose();
        await using EchoPeer peer = await EchoPeer.StartAsync(Loopback.NextAddress());
        await using Uclient uclient = Uclient.StartAs(
            username, password, edge.EndPoint, [.. Uclient.To(peer.EndPoint), "-n", Messages.ToString(CultureInfo.InvariantCulture), "-m", "1", "-c"]);
        UclientResult result = await uclient.WaitForResultAsync();
        result.AssertNothingLost(Messages);
    }
}
