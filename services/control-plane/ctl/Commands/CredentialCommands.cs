using System.CommandLine;
using Turnpike.Contracts.V1;
using Turnpike.Ctl.Output;
using Turnpike.Ctl.Values;

namespace Turnpike.Ctl.Commands;

/// <summary><c>issue</c> and <c>revoke</c>.</summary>
internal static class CredentialCommands
{
    public static void AddTo(CommandTree tree)
    {
        AddIssue(tree);
        AddRevoke(tree);
    }

    private static void AddIssue(CommandTree tree)
    {
        Option<string?> realm = CommonSymbols.Realm("the cluster's default realm");
        Option<string?> user = CommonSymbols.Text("--user", "whose quota and usage it counts against", "user");
        Option<string?> tag = CommonSymbols.Text("--tag", "a label that usage can be read by", "tag");
        Option<string?> ttl = CommonSymbols.Text("--ttl", "how long it can be used [1h]", "time");
        Option<string?> region = CommonSymbols.Text("--region", "edges of this region come first", "region");
        Option<string[]> transports = CommonSymbols.SomeOf("--transport", "only URLs of these transports", "udp", "tcp", "tls", "dtls");
        Option<int[]> ports = new("--port") { Description = "only URLs with this port; may be given again", HelpName = "port" };
        Option<string?> id = CommonSymbols.Text("--request-id", "makes retries safe: the same id gives the same answer", "id");
        tree.Add(tree.Root, "issue", "makes a credential and the iceServers document that goes with it",
            [realm, user, tag, ttl, region, transports, ports, id], async context =>
            {
                IssueCredentialRequest request = new()
                {
                    Realm = context.Options.RealmOrDefault(context.Get(realm)),
                    User = context.Get(user) ?? "",
                    Tag = context.Get(tag) ?? "",
                    Ttl = Lengths.Read("--ttl", context.Get(ttl)),
                    Region = context.Get(region) ?? "",
                    RequestId = context.Get(id) ?? "",
                    Transports = { (context.Get(transports) ?? []).Select(word => Enum.Parse<Transport>(word, ignoreCase: true)) },
                    Ports = { context.Get(ports) ?? [] },
                };
                IssueCredentialResponse issued = await context.Server.Credentials.IssueCredentialAsync(request, cancellationToken: context.Cancellation);
                context.Printer.Write(issued, () => Listing.Of(
                    [("realm", issued.Realm), ("expires", Show.Time(issued.ExpireTime)), .. issued.IceServers.SelectMany(Lines)]));
            });
    }

    private static IEnumerable<(string Name, string Value)> Lines(IceServer server)
    {
        yield return ("urls", string.Join('\n', server.Urls));
        if (server.HasUsername)
        {
            yield return ("username", server.Username);
            yield return ("credential", server.Credential);
        }
    }

    private static void AddRevoke(CommandTree tree)
    {
        Option<string?> realm = CommonSymbols.Realm("the cluster's default realm");
        Option<string?> username = CommonSymbols.Text("--username", "the one credential with this username", "username");
        Option<string?> user = CommonSymbols.Text("--user", "every credential of this user", "user");
        Option<string?> tag = CommonSymbols.Text("--tag", "every credential with this tag", "tag");
        Option<bool> all = new("--entire-realm") { Description = "every credential of the realm" };
        Option<string?> ttl = CommonSymbols.Text("--ttl", "how long it stays revoked [as long as a credential can live]", "time");
        tree.Add(tree.Root, "revoke", "takes credentials back, and ends what they are used for",
            [realm, username, user, tag, all, ttl], async context =>
            {
                RevokeCredentialsRequest request = new()
                {
                    Realm = context.Options.RealmOrDefault(context.Get(realm)),
                    Ttl = Lengths.Read("--ttl", context.Get(ttl)),
                };
                int targets = 0;
                Target(context.Get(username), value => request.Username = value);
                Target(context.Get(user), value => request.User = value);
                Target(context.Get(tag), value => request.Tag = value);
                Target(context.Get(all) ? "" : null, _ => request.EntireRealm = true);
                if (targets != 1)
                {
                    throw new UsageException("revoke takes exactly one of --username, --user, --tag, --entire-realm");
                }
                Revocation revocation = await context.Server.Credentials.RevokeCredentialsAsync(request, cancellationToken: context.Cancellation);
                context.Printer.Write(revocation, () => RevocationCommands.Table([revocation]));

                void Target(string? value, Action<string> set)
                {
                    if (value is not null)
                    {
                        targets++;
                        set(value);
                    }
                }
            });
    }
}
