using System.CommandLine;
using Spectre.Console;
using Turnpike.Contracts.V1;
using Turnpike.Ctl.Calls;
using Turnpike.Ctl.Output;
using Turnpike.Ctl.Values;

namespace Turnpike.Ctl.Commands;

/// <summary><c>revocations list</c> and <c>revocations delete</c>.</summary>
internal static class RevocationCommands
{
    public static void AddTo(CommandTree tree)
    {
        Command group = CommandTree.Group(tree.Root, "revocations", "what is revoked");
        Option<string?> realm = CommonSymbols.Text("--realm", "only those of this realm", "realm");
        Option<int> limit = CommonSymbols.Limit();
        tree.Add(group, "list", "lists the revocations that are in force, newest first", [realm, limit], async context =>
        {
            ListRevocationsResponse response = await Pages.ReadAsync(
                context.Get(limit),
                async (token, size) => await context.Server.Credentials.ListRevocationsAsync(
                    new ListRevocationsRequest { Realm = context.Get(realm) ?? "", PageSize = size, PageToken = token },
                    cancellationToken: context.Cancellation),
                page => page.Revocations, page => page.NextPageToken, context.Printer);
            context.Printer.Write(response, () => Table(response.Revocations));
        });

        Argument<string> name = CommonSymbols.Name("name", "as the list shows it");
        tree.Add(group, "delete", "lifts a revocation; what it ended stays ended", [name], async context =>
        {
            string revocation = Names.Of("revocations", context.Get(name));
            await context.Server.Credentials.DeleteRevocationAsync(new DeleteRevocationRequest { Name = revocation }, cancellationToken: context.Cancellation);
            context.Printer.Done($"{revocation} is lifted");
        });
    }

    public static Table Table(IEnumerable<Revocation> revocations) => Listing.Of(
        ["name", "realm", "what", "issued up to", "kept until"],
        revocations.Select(revocation => (string[])
        [
            Show.Id(revocation.Name), revocation.Realm, What(revocation), Show.Time(revocation.RevokeTime), Show.Time(revocation.ExpireTime),
        ]));

    private static string What(Revocation revocation) => revocation.TargetCase switch
    {
        Revocation.TargetOneofCase.Username => $"credential {revocation.Username}",
        Revocation.TargetOneofCase.User => $"user {revocation.User}",
        Revocation.TargetOneofCase.Tag => $"tag {revocation.Tag}",
        Revocation.TargetOneofCase.EntireRealm => "the entire realm",
        _ => "-",
    };
}
