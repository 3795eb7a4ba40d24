using System.CommandLine;
using Turnpike.Contracts.V1;
using Turnpike.Ctl.Calls;
using Turnpike.Ctl.Output;
using Turnpike.Ctl.Values;

namespace Turnpike.Ctl.Commands;

/// <summary><c>users list|put|delete</c>.</summary>
internal static class UserCommands
{
    public static void AddTo(CommandTree tree)
    {
        Command group = CommandTree.Group(tree.Root, "users", "static users of a realm");
        Option<string?> realm = CommonSymbols.Realm("turnpike");
        Option<int> limit = CommonSymbols.Limit();
        tree.Add(group, "list", "lists the static users", [realm, limit], async context =>
        {
            ListUsersResponse response = await Pages.ReadAsync(
                context.Get(limit),
                async (token, size) => await context.Server.Realms.ListUsersAsync(
                    new ListUsersRequest { Parent = context.Options.Realm(context.Get(realm)), PageSize = size, PageToken = token },
                    cancellationToken: context.Cancellation),
                page => page.Users, page => page.NextPageToken, context.Printer);
            context.Printer.Write(response, () => Listing.Of(["user"], response.Users.Select(user => (string[])[Last(user.Name)])));
        });

        Argument<string> name = CommonSymbols.Name("user", "the user's name");
        tree.Add(group, "put", "makes a user or changes a password, which is asked for or read from the input", [name, realm], async context =>
        {
            PutUserRequest request = new() { Name = Name(context, name, realm), Password = Secrets.Read("password", context.Console) };
            User user = await context.Server.Realms.PutUserAsync(request, cancellationToken: context.Cancellation);
            context.Printer.Write(user, () => Listing.Of(("user", Last(user.Name))));
        });

        tree.Add(group, "delete", "deletes a user, and ends what the user's credentials are used for", [name, realm], async context =>
        {
            DeleteUserRequest request = new() { Name = Name(context, name, realm) };
            await context.Server.Realms.DeleteUserAsync(request, cancellationToken: context.Cancellation);
            context.Printer.Done($"{request.Name} is deleted");
        });
    }

    private static string Name(CommandContext context, Argument<string> name, Option<string?> realm) =>
        Names.Of($"{context.Options.Realm(context.Get(realm))}/users", context.Get(name));

    // realms/{realm}/users/{user}: the user's own name may have slashes.
    private static string Last(string name) => name.Split('/', 4)[^1];
}
