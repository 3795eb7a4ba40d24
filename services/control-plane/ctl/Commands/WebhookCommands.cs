using System.CommandLine;
using Google.Protobuf.WellKnownTypes;
using Spectre.Console;
using Turnpike.Contracts.V1;
using Turnpike.Ctl.Calls;
using Turnpike.Ctl.Output;
using Turnpike.Ctl.Values;

namespace Turnpike.Ctl.Commands;

/// <summary><c>webhooks list|get|create|update|delete|rotate|test</c>.</summary>
internal static class WebhookCommands
{
    // The others are of edges, which belong to no realm.
    private static readonly (string Word, Event.Types.Kind Kind)[] Kinds =
        [.. CommonSymbols.EventKinds.Where(entry => !entry.Word.StartsWith("edge-", StringComparison.Ordinal))];

    public static void AddTo(CommandTree tree)
    {
        Command group = CommandTree.Group(tree.Root, "webhooks", "where the events of a realm are sent");
        Option<string?> realm = CommonSymbols.Realm("turnpike");
        Argument<string> name = CommonSymbols.Name("webhook", "its name as the list shows it");
        AddReading(tree, group, realm, name);
        AddCreate(tree, group, realm);
        AddUpdate(tree, group, realm, name);

        Option<string?> etag = CommonSymbols.Text("--etag", "only if the webhook has not changed since", "etag");
        tree.Add(group, "delete", "deletes a webhook with what it has not delivered", [name, realm, etag], async context =>
        {
            DeleteWebhookRequest request = new() { Name = Name(context, name, realm), Etag = context.Get(etag) ?? "" };
            await context.Server.Webhooks.DeleteWebhookAsync(request, cancellationToken: context.Cancellation);
            context.Printer.Done($"{request.Name} is deleted");
        });

        Option<string?> overlap = CommonSymbols.Text("--overlap", "how long the old secret goes on signing [24h]", "time");
        tree.Add(group, "rotate", "gives a webhook another secret, and shows it this one time", [name, realm, overlap], async context =>
        {
            RotateWebhookSecretRequest request = new() { Name = Name(context, name, realm), Overlap = Lengths.Read("--overlap", context.Get(overlap)) };
            RotateWebhookSecretResponse rotated = await context.Server.Webhooks.RotateWebhookSecretAsync(request, cancellationToken: context.Cancellation);
            context.Printer.Write(rotated, () => Listing.Of([.. Lines(rotated.Webhook), ("secret", rotated.Secret)]));
        });

        tree.Add(group, "test", "sends a ping at once and shows what became of it", [name, realm], async context =>
        {
            TestWebhookResponse tested = await context.Server.Webhooks.TestWebhookAsync(
                new TestWebhookRequest { Name = Name(context, name, realm) }, cancellationToken: context.Cancellation);
            context.Printer.Write(tested, () => Listing.Of(
                ("delivered", tested.Delivered ? "yes" : "no"), ("answer", tested.HttpStatus == 0 ? "-" : $"HTTP {tested.HttpStatus}"),
                ("failure", tested.Failure.Length == 0 ? "-" : tested.Failure), ("took", Show.Length(tested.Duration)), ("webhook-id", tested.Id)));
        });
    }

    private static void AddReading(CommandTree tree, Command group, Option<string?> realm, Argument<string> name)
    {
        Option<int> limit = CommonSymbols.Limit();
        tree.Add(group, "list", "lists the webhooks of a realm, and how they fare", [realm, limit], async context =>
        {
            ListWebhooksResponse response = await Pages.ReadAsync(
                context.Get(limit),
                async (token, size) => await context.Server.Webhooks.ListWebhooksAsync(
                    new ListWebhooksRequest { Parent = context.Options.Realm(context.Get(realm)), PageSize = size, PageToken = token },
                    cancellationToken: context.Cancellation),
                page => page.Webhooks, page => page.NextPageToken, context.Printer);
            context.Printer.Write(response, () => Table(response.Webhooks));
        });

        tree.Add(group, "get", "shows a webhook, and how it fares", [name, realm], async context =>
            Write(context, await context.Server.Webhooks.GetWebhookAsync(
                new GetWebhookRequest { Name = Name(context, name, realm) }, cancellationToken: context.Cancellation)));
    }

    private static void AddCreate(CommandTree tree, Command group, Option<string?> realm)
    {
        Argument<string> url = CommonSymbols.Name("url", "where the events go, https");
        Option<string?> id = CommonSymbols.Text("--id", "its name; made up if not given", "id");
        Option<string[]> kinds = CommonSymbols.SomeOf("--kind", "only these kinds", [.. Kinds.Select(entry => entry.Word)]);
        Option<string[]> tags = Tags();
        Option<bool> paused = new("--paused") { Description = "delivers nothing before it is resumed" };
        tree.Add(group, "create", "makes a webhook for the events from now on, and shows its secret this one time", [url, realm, id, kinds, tags, paused], async context =>
        {
            CreateWebhookRequest request = new()
            {
                Parent = context.Options.Realm(context.Get(realm)),
                WebhookId = context.Get(id) ?? "",
                Webhook = new Webhook { Url = context.Get(url), Kinds = { Read(context.Get(kinds)) }, Tags = { context.Get(tags) ?? [] } },
            };
            if (context.Get(paused))
            {
                request.Webhook.Paused = true;
            }
            CreateWebhookResponse created = await context.Server.Webhooks.CreateWebhookAsync(request, cancellationToken: context.Cancellation);
            context.Printer.Write(created, () => Listing.Of([.. Lines(created.Webhook), ("secret", created.Secret)]));
        });
    }

    private static void AddUpdate(CommandTree tree, Command group, Option<string?> realm, Argument<string> name)
    {
        Option<string?> url = CommonSymbols.Text("--url", "where the events go", "url");
        Option<string[]> kinds = CommonSymbols.SomeOf("--kind", "only these kinds", [.. Kinds.Select(entry => entry.Word)]);
        Option<bool> allKinds = new("--all-kinds") { Description = "all kinds" };
        Option<string[]> tags = Tags();
        Option<bool> allTags = new("--all-tags") { Description = "whatever their tag" };
        Option<bool> pause = new("--pause") { Description = "delivers nothing for now" };
        Option<bool> resume = new("--resume") { Description = "goes on, also where it was disabled" };
        tree.Add(group, "update", "changes a webhook", [name, realm, url, kinds, allKinds, tags, allTags, pause, resume], async context =>
        {
            Webhook webhook = new() { Name = Name(context, name, realm), Url = context.Get(url) ?? "" };
            webhook.Kinds.Add(Read(context.Get(kinds)));
            webhook.Tags.Add(context.Get(tags) ?? []);
            webhook.Paused = context.Get(pause);
            (string Path, bool Given)[] fields =
            [
                ("url", webhook.Url.Length > 0), ("kinds", webhook.Kinds.Count > 0 || context.Get(allKinds)),
                ("tags", webhook.Tags.Count > 0 || context.Get(allTags)), ("paused", webhook.Paused || context.Get(resume)),
            ];
            CheckUpdate(webhook, context.Get(allKinds), context.Get(allTags), context.Get(resume), fields.Any(field => field.Given));
            UpdateWebhookRequest request = new()
            {
                Webhook = webhook,
                UpdateMask = new FieldMask { Paths = { fields.Where(field => field.Given).Select(field => field.Path) } },
            };
            Write(context, await context.Server.Webhooks.UpdateWebhookAsync(request, cancellationToken: context.Cancellation));
        });
    }

    private static void CheckUpdate(Webhook webhook, bool allKinds, bool allTags, bool resume, bool any)
    {
        if (!any)
        {
            throw new UsageException("nothing to change; allowed: --url, --kind, --all-kinds, --tag, --all-tags, --pause, --resume");
        }
        if ((webhook.Kinds.Count > 0 && allKinds) || (webhook.Tags.Count > 0 && allTags) || (webhook.Paused && resume))
        {
            throw new UsageException("--kind and --all-kinds, --tag and --all-tags, --pause and --resume exclude each other");
        }
    }

    private static Option<string[]> Tags() => new("--tag") { Description = "only events with this tag; may be given again", HelpName = "tag" };

    private static IEnumerable<Event.Types.Kind> Read(string[]? words) => (words ?? []).Select(word => Kinds.First(entry => entry.Word == word).Kind);

    private static string Name(CommandContext context, Argument<string> name, Option<string?> realm)
    {
        string typed = context.Get(name);
        return typed.StartsWith("realms/", StringComparison.Ordinal)
            ? typed
            : Names.Of($"{context.Options.Realm(context.Get(realm))}/webhooks", typed);
    }

    private static void Write(CommandContext context, Webhook webhook) => context.Printer.Write(webhook, () => Listing.Of([.. Lines(webhook)]));

    private static IEnumerable<(string Name, string Value)> Lines(Webhook webhook)
    {
        WebhookStatus status = webhook.Status ?? new WebhookStatus();
        yield return ("webhook", webhook.Name);
        yield return ("url", webhook.Url);
        yield return ("kinds", webhook.Kinds.Count == 0 ? "all" : string.Join(", ", webhook.Kinds.Select(Show.Word)));
        yield return ("tags", webhook.Tags.Count == 0 ? "all" : string.Join(", ", webhook.Tags));
        yield return ("state", Show.Word(webhook.State) + (status.DisabledReason.Length > 0 ? $": {status.DisabledReason}" : ""));
        yield return ("lag", Show.Length(status.Lag));
        yield return ("delivered", $"{status.DeliveredEvents} events, last {Show.Time(status.LastSuccessTime)}");
        yield return ("missed", $"{status.MissedEvents} events");
        yield return ("last failure", $"{Show.Time(status.LastFailureTime)}{(status.LastFailure.Length > 0 ? $", {status.LastFailure}" : "")}");
        if (status.NextAttemptTime is not null)
        {
            yield return ("next attempt", $"{Show.Time(status.NextAttemptTime)}, after {status.FailedAttempts} that failed");
        }
    }

    private static Table Table(IEnumerable<Webhook> webhooks) => Listing.Of(
        ["webhook", "state", "url", "lag#", "delivered#", "missed#", "last failure"],
        webhooks.Select(webhook => (Webhook: webhook, Status: webhook.Status ?? new WebhookStatus())).Select(entry => (string[])
        [
            entry.Webhook.Name.Split('/')[^1], Show.Word(entry.Webhook.State), entry.Webhook.Url, Show.Length(entry.Status.Lag),
            Show.Number(entry.Status.DeliveredEvents), Show.Number(entry.Status.MissedEvents), entry.Status.LastFailure,
        ]));
}
