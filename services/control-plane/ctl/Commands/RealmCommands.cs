using System.CommandLine;
using Spectre.Console;
using Turnpike.Contracts.V1;
using Turnpike.Ctl.Calls;
using Turnpike.Ctl.Output;
using Turnpike.Ctl.Values;

namespace Turnpike.Ctl.Commands;

/// <summary><c>realms list|get|create|update|delete</c>.</summary>
internal static class RealmCommands
{
    public static void AddTo(CommandTree tree)
    {
        Command group = CommandTree.Group(tree.Root, "realms", "realms (tenants): what their users may do");
        Option<int> limit = CommonSymbols.Limit();
        tree.Add(group, "list", "lists the realms", [limit], async context =>
        {
            ListRealmsResponse response = await Pages.ReadAsync(
                context.Get(limit),
                async (token, size) => await context.Server.Realms.ListRealmsAsync(
                    new ListRealmsRequest { PageSize = size, PageToken = token }, cancellationToken: context.Cancellation),
                page => page.Realms, page => page.NextPageToken, context.Printer);
            context.Printer.Write(response, () => Table(response.Realms));
        });

        Argument<string> name = CommonSymbols.Name("realm", "its name");
        tree.Add(group, "get", "shows a realm", [name], async context =>
            Write(context, await context.Server.Realms.GetRealmAsync(
                new GetRealmRequest { Name = Names.Realm(context.Get(name)) }, cancellationToken: context.Cancellation)));

        Option<string[]> settings = Settings();
        Option<bool> withoutSecret = new("--without-secret") { Description = "makes no secret: no credential can be issued before one is added" };
        tree.Add(group, "create", "makes a realm, with a first secret", [name, settings, withoutSecret], async context =>
        {
            RealmPolicy policy = new();
            PolicySettings.Apply(policy, context.Get(settings) ?? []);
            CreateRealmRequest request = new()
            {
                RealmId = Show.Id(Names.Realm(context.Get(name))),
                Realm = new Realm { Policy = policy },
                WithoutSecret = context.Get(withoutSecret),
            };
            Write(context, await context.Server.Realms.CreateRealmAsync(request, cancellationToken: context.Cancellation));
        });

        AddUpdate(tree, group, name);

        Option<string?> etag = CommonSymbols.Text("--etag", "only if the realm has not changed since", "etag");
        tree.Add(group, "delete", "deletes a realm: its credentials are refused from then on, its allocations end", [name, etag], async context =>
        {
            DeleteRealmRequest request = new() { Name = Names.Realm(context.Get(name)), Etag = context.Get(etag) ?? "" };
            await context.Server.Realms.DeleteRealmAsync(request, cancellationToken: context.Cancellation);
            context.Printer.Done($"{request.Name} is deleted");
        });

        SecretCommands.AddTo(tree, group);
    }

    // Reads, changes and writes back under the realm's etag, so that nobody else's change in between is lost.
    private static void AddUpdate(CommandTree tree, Command group, Argument<string> name)
    {
        Option<string[]> settings = Settings();
        settings.Required = true;
        tree.Add(group, "update", "changes what the users of a realm may do", [name, settings], async context =>
        {
            // A wrong setting is found before anything is called.
            PolicySettings.Apply(new RealmPolicy(), context.Get(settings)!);
            Realm realm = await context.Server.Realms.GetRealmAsync(
                new GetRealmRequest { Name = Names.Realm(context.Get(name)) }, cancellationToken: context.Cancellation);
            realm.Policy ??= new RealmPolicy();
            UpdateRealmRequest request = new() { Realm = realm, UpdateMask = PolicySettings.Apply(realm.Policy, context.Get(settings)!) };
            Write(context, await context.Server.Realms.UpdateRealmAsync(request, cancellationToken: context.Cancellation));
        });
    }

    private static Option<string[]> Settings()
    {
        Option<string[]> settings = new("--set")
        {
            Description = $"key=value, an empty value for the edge's own; may be given again. Keys: {string.Join(", ", PolicySettings.Keys)}",
            HelpName = "key=value",
        };
        settings.CompletionSources.Add([.. PolicySettings.Keys.Select(key => $"{key}=")]);
        return settings;
    }

    private static void Write(CommandContext context, Realm realm) => context.Printer.Write(realm, () => Listing.Of(
    [
        ("realm", Show.Id(realm.Name)),
        ("etag", realm.Etag),
        .. PolicySettings.Read(realm.Policy ?? new RealmPolicy()).DefaultIfEmpty(("policy", "the edges' own settings")),
        .. realm.Secrets.Select(secret => ("secret", SecretCommands.Line(secret))),
    ]));

    private static Table Table(IEnumerable<Realm> realms) => Listing.Of(
        ["realm", "per user#", "per realm#", "bits/s per user#", "bits/s per allocation#", "secrets#"],
        realms.Select(realm => (Realm: realm, Policy: realm.Policy ?? new RealmPolicy())).Select(entry => (string[])
        [
            Show.Id(entry.Realm.Name),
            Show.Limit(entry.Policy.HasAllocationsPerUser, entry.Policy.AllocationsPerUser),
            Show.Limit(entry.Policy.HasAllocationsPerRealm, entry.Policy.AllocationsPerRealm),
            Show.Limit(entry.Policy.HasBitsPerSecondPerUser, entry.Policy.BitsPerSecondPerUser),
            Show.Limit(entry.Policy.HasBitsPerSecondPerAllocation, entry.Policy.BitsPerSecondPerAllocation),
            $"{entry.Realm.Secrets.Count}",
        ]));
}
