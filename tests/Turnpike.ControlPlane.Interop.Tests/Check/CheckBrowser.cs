using System.Text.Json;
using Turnpike.Interop.Processes;

namespace Turnpike.ControlPlane.Interop.Check;

/// <summary>The connectivity check in headless Chromium: one browser for all that is asked (browser/check.mjs).</summary>
internal static class CheckBrowser
{
    private const int StateSeconds = 60;

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(180);
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>Pictures of all pages go there; to nowhere without it.</summary>
    private static string? Screenshots => Environment.GetEnvironmentVariable("TURNPIKE_SCREENSHOTS");

    /// <param name="trustedKeys">Of the certificates that the browser takes.</param>
    /// <param name="visits">One after the other at one control plane, at the same time at different ones.</param>
    /// <param name="answers">What is answered in place of credentials.</param>
    /// <param name="ways">Ways that nobody tried, by name, as the page's verdict takes them.</param>
    /// <param name="leave">A page that is left during its check.</param>
    public static async Task<CheckResult> OpenAsync(
        IReadOnlyList<string> trustedKeys, IReadOnlyList<CheckVisit> visits, StandInAnswers answers, IReadOnlyDictionary<string, object> ways, Uri leave)
    {
        string request = JsonSerializer.Serialize(
            new
            {
                trustedKeys,
                Screenshots,
                DeadlineSeconds = StateSeconds,
                visits,
                answers,
                Verdicts = new { Url = new Uri(leave, "/check"), Cases = ways },
                Leave = new { Url = leave },
            },
            Json);
        await using var node = ChildProcess.Start("node", [Repository.CheckScript, request]);
        await node.WaitForExitAsync(Deadline);
        string? line = node.Output.Split('\n').LastOrDefault(l => l.StartsWith('{'));
        Assert.True(line is not null, $"the browser script gave no result:\n{node.Output}");
        CheckResult result = JsonSerializer.Deserialize<CheckResult>(line, Json)!;
        Assert.True(result.Error is null, result.Error);
        return result;
    }
}

/// <summary>One opening of the page.</summary>
/// <param name="Name">By which its result is found.</param>
/// <param name="Url">With parameters, and a token in the fragment.</param>
/// <param name="Typed">A token that is typed once the page asks for one.</param>
/// <param name="Kill">A process that is ended as soon as the page has its credentials.</param>
/// <param name="Through">A URL that the credentials are used at in place of their own.</param>
internal sealed record CheckVisit(string Name, Uri Url, string? Typed = null, int? Kill = null, string? Through = null);

/// <summary>Answers that stand in for the control plane's.</summary>
internal sealed record StandInAnswers(Uri Url, IReadOnlyList<StandInAnswer> Each);

/// <summary>One of them; status 0 is no answer at all.</summary>
internal sealed record StandInAnswer(string Name, int Status, string Body = "", string Type = "application/json");

internal sealed record CheckResult(
    string? Error,
    IReadOnlyDictionary<string, VisitResult> Visits,
    AnswersResult Answers,
    IReadOnlyDictionary<string, Verdict> Verdicts,
    LeftResult Left);

internal sealed record Verdict(string Tone, string Sentence);

internal sealed record VisitResult(
    string Address,
    string Sentence,
    string Detail,
    CheckReport Report,
    IReadOnlyDictionary<string, string> Shown,
    string Opened,
    string Copied,
    IReadOnlyList<string> Requests,
    IReadOnlyList<string> Complaints,
    Refusal? Refused);

internal sealed record Refusal(string Sentence, string Detail, string Focused);

internal sealed record AnswersResult(IReadOnlyList<string> Complaints, IReadOnlyDictionary<string, ShownProblem> Seen);

internal sealed record ShownProblem(string Sentence, string Detail, bool Asks);

internal sealed record LeftResult(IReadOnlyList<string> Complaints, string Returned, string Again);

internal sealed record CheckReport(IReadOnlyList<WayReport> Ways, DateTimeOffset? CredentialExpires);

internal sealed record WayReport(
    string Url,
    string Transport,
    string Family,
    string State,
    int Tries,
    IReadOnlyList<string> Relayed,
    string? Reflexive,
    string? RelayProtocol,
    double? PairRoundTrip,
    StreamFigures? Figures,
    BurstFigures? Bulk,
    WayReason? Reason);

internal sealed record StreamFigures(int Sent, int Arrived, int Echoed, int Returned, int Held, double Lost, Spread? OneWay, Spread? RoundTrip, double? Jitter);

internal sealed record Spread(double Min, double Median, double P95);

internal sealed record BurstFigures(int Bytes, double? BitsPerSecond);

internal sealed record WayReason(string Title, string Text);
