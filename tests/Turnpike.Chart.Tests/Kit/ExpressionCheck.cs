using System.Text.Json;
using System.Text.Json.Nodes;
using Turnpike.Boards;

namespace Turnpike.Chart.Tests.Kit;

/// <summary>What an expression names: metrics with the labels that choose their series, and labels that it groups and joins by.</summary>
internal sealed record ExpressionUse(string Where, IReadOnlyDictionary<string, IReadOnlyList<string>> Metrics, IReadOnlyList<string> Labels);

internal sealed record ExpressionReport(IReadOnlyList<string> Problems, IReadOnlyList<ExpressionUse> Uses);

/// <summary>Prometheus's grammar and Grafana's types, asked once for everything: schemas/dashboards.mjs.</summary>
public sealed class ExpressionCheck : IAsyncLifetime
{
    private static readonly JsonSerializerOptions Web = new(JsonSerializerDefaults.Web);

    internal ExpressionReport Report { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Report = await RunAsync(
        ChartBoards.All.ToDictionary(board => board.Name, board => board.Json),
        [
            .. ChartBoards.All.SelectMany(board => board.Expressions).Select(each => (Where(each), each.Expr)),
            .. RuleFile.Rules.Select(rule => ($"{rule["alert"] ?? rule["record"]}", (string)rule["expr"]!)),
        ]);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    internal static string Where(BoardExpression each) => $"{each.Panel} {each.RefId}";

    internal static async Task<ExpressionReport> RunAsync(IReadOnlyDictionary<string, JsonObject> dashboards, IEnumerable<(string Where, string Expr)> expressions)
    {
        string input = JsonSerializer.Serialize(new { dashboards, expressions = expressions.Select(each => new { each.Where, each.Expr }) }, Web);
        Finished finished = await Helm.RunAsync("node", [Path.Combine(Repository.Tests, "schemas", "dashboards.mjs")], input);
        Assert.True(finished.ExitCode == 0, finished.Error);
        return JsonSerializer.Deserialize<ExpressionReport>(finished.Output, Web)!;
    }
}
