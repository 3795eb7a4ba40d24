using System.Text;
using Grpc.Core;
using Turnpike.ControlPlane.Calls;
using Turnpike.Protocol;

namespace Turnpike.ControlPlane.Realms;

/// <summary>The names of realms and what belongs to them (AIP-122): <c>realms/{realm}</c>, <c>realms/{realm}/users/{user}</c>, ….</summary>
public static class ResourceName
{
    private const string RealmPrefix = "realms/";
    private const int LongestRealm = 64;
    private const int LongestUser = 128;

    /// <summary>Whether a text can be the last part of a realm's name.</summary>
    public static bool IsRealmId(string id) =>
        id is not "-" && id.Length is > 0 and <= LongestRealm && id.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_' or '-');

    /// <summary>Whether a text can be a key id.</summary>
    public static bool IsSecretId(string id) => id.Length is > 0 and <= 16 && id.All(char.IsAsciiLetterOrDigit);

    /// <summary>The name of a realm.</summary>
    public static string OfRealm(string realm) => RealmPrefix + realm;

    /// <summary>The name of a secret.</summary>
    public static string OfSecret(string realm, string secret) => $"{RealmPrefix}{realm}/secrets/{secret}";

    /// <summary>The name of a static user.</summary>
    public static string OfUser(string realm, string user) => $"{RealmPrefix}{realm}/users/{user}";

    /// <summary>The name of a webhook.</summary>
    public static string OfWebhook(string realm, string webhook) => $"{RealmPrefix}{realm}/webhooks/{webhook}";

    /// <summary>Whether a text can be the last part of a webhook's name.</summary>
    public static bool IsWebhookId(string id) =>
        id.Length is > 0 and <= 32 && id.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter is '-');

    /// <summary>A realm's id that stands alone in a request; where it is empty, the default realm.</summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT.</exception>
    public static string RealmOrDefault(string realm, string defaultRealm) =>
        realm.Length == 0 ? defaultRealm : IsRealmId(realm) ? realm : throw WrongRealm("realm");

    /// <summary>Reads <c>realms/{realm}</c>.</summary>
    /// <param name="name">What the caller sent.</param>
    /// <param name="field">Where.</param>
    /// <exception cref="RpcException">INVALID_ARGUMENT.</exception>
    public static string Realm(string name, string field) =>
        name.StartsWith(RealmPrefix, StringComparison.Ordinal) && IsRealmId(name[RealmPrefix.Length..])
            ? name[RealmPrefix.Length..]
            : throw Problems.Invalid(field, "must be realms/{realm} with 1 to 64 of A-Z a-z 0-9 . _ -");

    /// <summary>Reads <c>realms/{realm}/secrets/{secret}</c>.</summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT.</exception>
    public static (string Realm, string Secret) Secret(string name, string field) =>
        Split(name, "secrets") is var (realm, secret) && IsSecretId(secret)
            ? (realm, secret)
            : throw Problems.Invalid(field, "must be realms/{realm}/secrets/{secret}");

    /// <summary>Reads <c>realms/{realm}/webhooks/{webhook}</c>.</summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT.</exception>
    public static (string Realm, string Webhook) Webhook(string name, string field) =>
        Split(name, "webhooks") is var (realm, webhook) && IsWebhookId(webhook)
            ? (realm, webhook)
            : throw Problems.Invalid(field, "must be realms/{realm}/webhooks/{webhook}");

    /// <summary>Reads <c>realms/{realm}/users/{user}</c>; the user is prepared as clients do it (RFC 8265).</summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT.</exception>
    public static (string Realm, string User) User(string name, string field)
    {
        if (Split(name, "users") is not var (realm, user) || user.Length == 0 || user.Contains('/', StringComparison.Ordinal))
        {
            throw Problems.Invalid(field, "must be realms/{realm}/users/{user}, without a slash in the user");
        }
        return OpaqueString.TryPrepare(user, out string prepared) && Encoding.UTF8.GetByteCount(prepared) <= LongestUser
            ? (realm, prepared)
            : throw Problems.Invalid(field, $"the user is longer than {LongestUser} bytes or has characters that RFC 8265 refuses");
    }

    /// <summary>A realm's id is not one.</summary>
    public static RpcException WrongRealm(string field) => Problems.Invalid(field, "must be 1 to 64 of A-Z a-z 0-9 . _ -");

    private static (string Realm, string Last)? Split(string name, string collection)
    {
        string middle = $"/{collection}/";
        int at = name.StartsWith(RealmPrefix, StringComparison.Ordinal) ? name.IndexOf(middle, StringComparison.Ordinal) : -1;
        return at > RealmPrefix.Length && IsRealmId(name[RealmPrefix.Length..at])
            ? (name[RealmPrefix.Length..at], name[(at + middle.Length)..])
            : null;
    }
}
