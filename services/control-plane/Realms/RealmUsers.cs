using System.Globalization;
using System.Text;
using Turnpike.Cluster;
using Turnpike.Contracts.V1;
using Turnpike.ControlPlane.Calls;
using Turnpike.ControlPlane.Options;
using Turnpike.Protocol;

namespace Turnpike.ControlPlane.Realms;

/// <summary>
/// Static users. A client names its user and nothing else, so edges look for it in the one realm that they announce: users of another
/// realm could never log in.
/// </summary>
internal sealed class RealmUsers(ControlPlaneSettings settings, RealmStore realms, UserStore users, RevocationStore revocations, TimeProvider time)
{
    private const int LongestPassword = 256;

    public async Task<ListUsersResponse> ListAsync(ListUsersRequest request)
    {
        string realm = ResourceName.Realm(request.Parent, "parent");
        int size = PageToken.Size(request.PageSize);
        string question = request.Parent;
        string? cursor = PageToken.Read(request.PageToken, question);
        await RequireAsync(realm);
        if (!long.TryParse(cursor ?? "0", NumberStyles.None, CultureInfo.InvariantCulture, out long at))
        {
            throw Problems.Invalid("page_token", "not a token of this request");
        }
        StaticUserPage page = await users.ListAsync(realm, at, size);
        return new ListUsersResponse
        {
            Users = { page.Users.Select(user => new User { Name = ResourceName.OfUser(realm, user.Username) }) },
            NextPageToken = page.Cursor == 0 ? "" : PageToken.Make(page.Cursor.ToString(CultureInfo.InvariantCulture), question),
        };
    }

    public async Task<User> PutAsync(PutUserRequest request)
    {
        (string realm, string username) = ResourceName.User(request.Name, "name");
        if (!OpaqueString.TryPrepare(request.Password, out string password) || Encoding.UTF8.GetByteCount(password) > LongestPassword)
        {
            throw Problems.Invalid("password", $"is empty, longer than {LongestPassword} bytes or has characters that RFC 8265 refuses");
        }
        await RequireAsync(realm);
        if (realm != settings.DefaultRealm)
        {
            throw Problems.Precondition(
                "NOT_ANNOUNCED", $"Static users log in to the realm that edges announce, which is {ResourceName.OfRealm(settings.DefaultRealm)}.");
        }
        byte[] name = Encoding.UTF8.GetBytes(username);
        byte[] wireRealm = Encoding.UTF8.GetBytes(realm);
        byte[] secret = Encoding.UTF8.GetBytes(password);
        byte[] md5 = new byte[LongTermKey.Md5Length];
        byte[] sha256 = new byte[LongTermKey.Sha256Length];
        LongTermKey.Md5(name, wireRealm, secret, md5);
        LongTermKey.Sha256(name, wireRealm, secret, sha256);
        await users.PutAsync(realm, new StaticUserRecord(username, md5, sha256));
        string id = RevocationIds.OfUser(realm, username);
        if (await revocations.FindAsync(id) is not null)
        {
            await revocations.RemoveAsync(id);
        }
        return new User { Name = ResourceName.OfUser(realm, username) };
    }

    public async Task DeleteAsync(string resource)
    {
        (string realm, string username) = ResourceName.User(resource, "name");
        RealmRecord record = await RequireAsync(realm);
        if (await users.FindAsync(realm, username) is null)
        {
            throw Problems.NotFound("user", resource);
        }
        // First: a process that ends in between leaves a user that cannot log in, and a second call finishes the work.
        long now = time.GetUtcNow().ToUnixTimeSeconds();
        await revocations.AddAsync(new Cluster.Revocation(
            RevocationIds.OfUser(realm, username), RevocationKind.Credential, realm, username, now, now + RealmLimits.MaxAllocationLifetime(record)));
        await users.DeleteAsync(realm, username);
    }

    private async Task<RealmRecord> RequireAsync(string realm) =>
        await realms.GetAsync(realm) ?? throw Problems.NotFound("realm", ResourceName.OfRealm(realm));
}
