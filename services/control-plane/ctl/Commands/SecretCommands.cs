using System.CommandLine;
using Turnpike.Contracts.V1;
using Turnpike.Ctl.Output;
using Turnpike.Ctl.Values;

namespace Turnpike.Ctl.Commands;

/// <summary><c>realms secret add|retire</c>.</summary>
internal static class SecretCommands
{
    public static void AddTo(CommandTree tree, Command realms)
    {
        Command group = CommandTree.Group(realms, "secret", "what a realm's credentials are made with");
        Argument<string> realm = CommonSymbols.Name("realm", "its name");
        AddAdd(tree, group, realm);
        AddRetire(tree, group, realm);
    }

    /// <summary>A secret on one line, without its value, which nobody is told again.</summary>
    public static string Line(Secret secret) =>
        $"{secret.Name[(secret.Name.LastIndexOf('/') + 1)..]}, from {Show.Time(secret.NotBefore)}{(secret.NotAfter is null ? "" : $" until {Show.Time(secret.NotAfter)}")}";

    private static void AddAdd(CommandTree tree, Command group, Argument<string> realm)
    {
        Option<string?> id = CommonSymbols.Text("--id", "the key id that usernames carry; made up if not given", "id");
        Option<bool> value = new("--value") { Description = "reads its value from the input instead of drawing one" };
        Option<string?> notBefore = CommonSymbols.Text("--not-before", "when it begins [now]", "time");
        Option<string?> notAfter = CommonSymbols.Text("--not-after", "when it ends [never]", "time");
        tree.Add(group, "add", "adds a secret and shows its value this one time", [realm, id, value, notBefore, notAfter], async context =>
        {
            AddSecretRequest request = new()
            {
                Parent = Names.Realm(context.Get(realm)),
                SecretId = context.Get(id) ?? "",
                NotBefore = Lengths.ReadMoment("--not-before", context.Get(notBefore), context.Console.Time),
                NotAfter = Lengths.ReadMoment("--not-after", context.Get(notAfter), context.Console.Time),
                Value = context.Get(value) ? Secrets.Read("secret", context.Console) : "",
            };
            AddSecretResponse added = await context.Server.Realms.AddSecretAsync(request, cancellationToken: context.Cancellation);
            context.Printer.Write(added, () => Listing.Of(("secret", Line(added.Secret)), ("value", added.Value)));
        });
    }

    private static void AddRetire(CommandTree tree, Command group, Argument<string> realm)
    {
        Argument<string> id = CommonSymbols.Name("secret", "its key id");
        Option<string?> at = CommonSymbols.Text("--at", "when it ends [now]", "time");
        Option<bool> force = new("--force") { Description = "also where no valid secret is left then" };
        tree.Add(group, "retire", "ends a secret now or later", [realm, id, at, force], async context =>
        {
            RetireSecretRequest request = new()
            {
                Name = Names.Of($"{Names.Realm(context.Get(realm))}/secrets", context.Get(id)),
                NotAfter = Lengths.ReadMoment("--at", context.Get(at), context.Console.Time),
                Force = context.Get(force),
            };
            Secret retired = await context.Server.Realms.RetireSecretAsync(request, cancellationToken: context.Cancellation);
            context.Printer.Write(retired, () => Listing.Of(("secret", Line(retired))));
        });
    }
}
