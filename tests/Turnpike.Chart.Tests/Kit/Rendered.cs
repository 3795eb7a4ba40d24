using System.Text.Json.Nodes;

namespace Turnpike.Chart.Tests.Kit;

/// <summary>What the chart makes of one case's values.</summary>
internal sealed class Rendered
{
    private static readonly string[] PodKinds = ["Deployment", "DaemonSet", "Pod"];

    public required string Name { get; init; }

    public required string Text { get; init; }

    public required IReadOnlyList<JsonObject> Objects { get; init; }

    /// <summary>Pods and templates of pods, by kind and name.</summary>
    public IEnumerable<(string Of, JsonObject Spec)> Pods =>
        from each in Objects
        let kind = (string)each["kind"]!
        where PodKinds.Contains(kind)
        let spec = kind == "Pod" ? each["spec"] : each["spec"]!["template"]!["spec"]
        select ($"{kind} {each["metadata"]!["name"]}", spec.AsObject());

    public IEnumerable<JsonObject> OfKind(string kind) => Objects.Where(each => (string)each["kind"]! == kind);

    public JsonObject One(string kind, string suffix) =>
        OfKind(kind).Single(each => ((string)each["metadata"]!["name"]!).EndsWith(suffix, StringComparison.Ordinal));

    /// <summary>The container of that name, whatever it is in; null where the case has none.</summary>
    public JsonObject? Container(string name) =>
        Pods.SelectMany(pod => pod.Spec["containers"]!.AsArray()).SingleOrDefault(container => (string)container!["name"]! == name)?.AsObject();
}

/// <summary>Every case, rendered once for all tests.</summary>
public sealed class Cases : IAsyncLifetime
{
    private readonly Dictionary<string, Rendered> _byName = [];

    public static IEnumerable<string> Names =>
        Directory.EnumerateFiles(Path.Combine(Repository.Tests, "Cases"), "*.yaml").Select(file => Path.GetFileNameWithoutExtension(file)!).Order(StringComparer.Ordinal);

    internal IEnumerable<Rendered> All => _byName.Values;

    public async ValueTask InitializeAsync()
    {
        string[] names = [.. Names];
        string[] texts = await Task.WhenAll(names.Select(Helm.TemplateAsync));
        foreach ((string name, string text) in names.Zip(texts))
        {
            _byName.Add(name, new Rendered { Name = name, Text = text, Objects = Yaml.Objects(text) });
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    internal Rendered Of(string name) => _byName[name];
}

[CollectionDefinition(nameof(Cases))]
public sealed class CasesCollection : ICollectionFixture<Cases>;
