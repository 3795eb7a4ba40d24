using Turnpike.ControlPlane.Interop.Fleet;

namespace Turnpike.ControlPlane.Interop.Check;

/// <summary>What the connectivity check says in a real Chromium, of real edges that are well, blocked, distrusted and dead.</summary>
public sealed class CheckPageTests(CheckScene scene) : IClassFixture<CheckScene>, IDisposable
{
    public void Dispose()
    {
        if (TestContext.Current.TestState?.Result == TestResult.Failed)
        {
            TestContext.Current.TestOutputHelper?.WriteLine(scene.Log);
        }
        GC.SuppressFinalize(this);
    }

    [Fact]
    public void Every_way_works_over_UDP_TCP_and_TLS_on_IPv4_and_IPv6()
    {
        VisitResult visit = scene.Seen.Visits["whole"];

        Assert.Equal("All 6 ways work: calls get through from here.", visit.Sentence);
        Assert.StartsWith("Relayed over UDP, TCP and TLS,", visit.Detail, StringComparison.Ordinal);
        WayReport[] ways = [.. visit.Report.Ways.Where(way => way.Transport != "DTLS")];
        string[] expected = ["TCP IPv4", "TCP IPv6", "TLS IPv4", "TLS IPv6", "UDP IPv4", "UDP IPv6"];
        Assert.Equal(expected, ways.Select(way => $"{way.Transport} {way.Family}").Order(StringComparer.Ordinal));
        Assert.All(ways, way =>
        {
            Assert.Equal("works", way.State);
            Assert.Contains("Works", visit.Shown[way.Url], StringComparison.Ordinal);
            Assert.StartsWith($"{scene.Whole.Edge.EndPoint.Address}:", Assert.Single(way.Relayed), StringComparison.Ordinal);
            Assert.Equal(way.Transport, way.RelayProtocol?.ToUpperInvariant());
            // A page that is late itself holds some back, and hears others too late.
            Assert.True(way.Figures!.Sent is > 0 and <= 50 && way.Figures.Sent + way.Figures.Held >= 50, way.Figures.ToString());
            Assert.InRange(way.Figures.Arrived, 1, way.Figures.Sent);
            Assert.InRange(way.Figures.RoundTrip!.Min, 0.01, 5000);
            Assert.True(way.Figures.RoundTrip.Min <= way.Figures.RoundTrip.Median && way.Figures.RoundTrip.Median <= way.Figures.RoundTrip.P95);
            Assert.NotNull(way.PairRoundTrip);
            Assert.NotNull(way.Figures.Jitter);
            Assert.InRange(way.Bulk!.Bytes, 0, 540_000);
        });
        // A burst has a moment only, in which a page that is late itself may hear nothing.
        Assert.Contains(ways, way => way.Bulk!.BitsPerSecond > 0);
        Assert.Contains(ways, way => way.Reflexive?.StartsWith("127.", StringComparison.Ordinal) == true);
    }

    [Fact]
    public void The_figures_are_those_of_the_network()
    {
        VisitResult visit = scene.Seen.Visits["bad"];
        StreamFigures figures = Assert.Single(visit.Report.Ways).Figures!;

        Assert.StartsWith("The one way works, but packets get lost:", visit.Sentence, StringComparison.Ordinal);
        // One way is to the edge and back.
        double delay = BadNetwork.Delay.TotalMilliseconds * 2;
        Assert.InRange(figures.OneWay!.Min, delay, delay + 1000);
        Assert.InRange(figures.RoundTrip!.Min, delay * 2, (delay * 2) + 1000);
        Assert.InRange(figures.Lost, 0.2 / BadNetwork.Lost, 4.0 / BadNetwork.Lost);
    }

    [Fact]
    public void A_way_that_no_browser_speaks_is_listed_and_not_counted()
    {
        WayReport way = scene.Seen.Visits["whole"].Report.Ways.Single(way => way.Transport == "DTLS");

        Assert.Equal("skipped", way.State);
        Assert.Contains("Not tried", scene.Seen.Visits["whole"].Shown[way.Url], StringComparison.Ordinal);
    }

    [Fact]
    public void The_token_leaves_the_address_and_stands_in_no_report()
    {
        VisitResult visit = scene.Seen.Visits["whole"];

        Assert.Equal(new Uri(scene.Whole.Plane.Http, "/check?seconds=1&timeout=20").ToString(), visit.Address);
        Assert.Contains(visit.Sentence, visit.Copied, StringComparison.Ordinal);
        Assert.All(visit.Report.Ways, way => Assert.Contains(way.Url, visit.Copied, StringComparison.Ordinal));
        Assert.DoesNotContain(ControlPlaneServer.Token, visit.Copied, StringComparison.Ordinal);
        Assert.DoesNotContain("credential\":", visit.Copied, StringComparison.Ordinal);
        Assert.Contains(visit.Report.Ways[0].Relayed[0], visit.Opened, StringComparison.Ordinal);
    }

    [Fact]
    public void The_page_asks_nobody_else_and_breaks_no_rule_of_its_own()
    {
        Assert.All(scene.Seen.Visits, visit =>
        {
            Assert.NotEmpty(visit.Value.Requests);
            string origin = new Uri(visit.Value.Address).GetLeftPart(UriPartial.Authority);
            Assert.All(visit.Value.Requests, url => Assert.StartsWith(origin, url, StringComparison.Ordinal));
            Assert.Empty(visit.Value.Complaints);
        });
        Assert.Empty(scene.Seen.Answers.Complaints);
        Assert.Empty(scene.Seen.Left.Complaints);
    }

    [Fact]
    public void A_wrong_token_is_refused_in_clear_words_and_another_one_can_be_typed()
    {
        VisitResult visit = scene.Seen.Visits["silent"];

        Assert.Equal(new Refusal("This token is not accepted.", "The token is not known, or has expired (401).", "token"), visit.Refused);
        Assert.NotNull(visit.Report.CredentialExpires);
    }

    [Fact]
    public void UDP_that_is_blocked_is_said_to_be()
    {
        VisitResult visit = scene.Seen.Visits["silent"];

        Assert.Equal("UDP is blocked here: calls will work over TCP, with more delay when packets are lost.", visit.Sentence);
        Assert.Equal(("works", "fails"), (Way(visit, "TCP").State, Way(visit, "UDP").State));
        AssertReason(visit, Way(visit, "UDP"), "UDP blocked", "while TCP works to the same host");
    }

    [Fact]
    public void A_certificate_that_the_browser_does_not_trust_is_said_to_be_refused()
    {
        VisitResult visit = scene.Seen.Visits["untrusted"];

        Assert.Equal("TLS fails, most likely because this browser does not accept the certificate: calls will work over UDP and TCP.", visit.Sentence);
        Assert.Equal(("works", "works"), (Way(visit, "UDP").State, Way(visit, "TCP").State));
        int port = scene.Untrusted.Edge.EndPoint.Port;
        WayReport[] secure = [.. visit.Report.Ways.Where(way => way.Transport == "TLS")];
        Assert.Equal(2, secure.Length);
        WayReport shared = secure.Single(way => way.Url.Contains($":{port}?", StringComparison.Ordinal));
        AssertReason(visit, shared, "Certificate refused", $"Port {port} is open, because TCP works on it");
        AssertReason(visit, secure.Single(way => way != shared), "Certificate refused, or port closed", "Most likely it is the certificate");
    }

    [Fact]
    public void A_way_that_has_no_room_beside_the_others_is_tried_again_alone()
    {
        WayReport[] working = [.. scene.Seen.Visits["untrusted"].Report.Ways.Where(way => way.State == "works")];

        Assert.Equal(2, working.Length);
        Assert.Contains(working, way => way.Tries > 1);
    }

    [Fact]
    public void A_browser_key_makes_the_check_as_a_token_does() =>
        Assert.NotNull(scene.Seen.Visits["untrusted"].Report.CredentialExpires);

    [Fact]
    public void An_edge_that_ends_after_credentials_are_issued_is_said_not_to_answer()
    {
        VisitResult visit = scene.Seen.Visits["stopped"];

        Assert.Equal("Nothing works: the edge does not answer over UDP, TCP or TLS.", visit.Sentence);
        Assert.Equal("It is stopped, or this network blocks the way there.", visit.Detail);
        AssertReason(visit, Way(visit, "UDP"), "No answer", "the edge is stopped");
        AssertReason(visit, Way(visit, "TCP"), "No connection", "the edge is stopped");
    }

    [Theory]
    [InlineData("forbidden", "This token may not issue credentials here.", "This key does not work from here (403).", true)]
    [InlineData("often", "The control plane asks for a pause: too many calls.", "Too many calls with this key (429). It asks to wait 60 s.", false)]
    [InlineData("no-edge", "No edge is ready, so there is nothing to check.", "No edge that is ready serves this (503).", false)]
    [InlineData("no-store", "The control plane cannot issue credentials just now.", "The store is away (503).", false)]
    [InlineData("no-urls", "No edge is ready, so there is nothing to check.", "The credential came without any address", false)]
    [InlineData("proxy", "The control plane answers something else than credentials.", "Is there a proxy in between", false)]
    [InlineData("gateway", "The control plane cannot issue credentials.", "It answers 502", false)]
    [InlineData("away", "The control plane does not answer.", "cannot be reached from here", false)]
    [InlineData("nonsense", "Nothing works: this browser cannot make such calls.", "Failed to construct 'RTCPeerConnection'", false)]
    public void Without_credentials_the_page_says_why(string answer, string sentence, string detail, bool asks)
    {
        ShownProblem seen = scene.Seen.Answers.Seen[answer];

        Assert.Equal(sentence, seen.Sentence);
        Assert.StartsWith(detail, seen.Detail.Replace($"{scene.Whole.Plane.Http.Authority} ", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Equal(asks, seen.Asks);
    }

    public static TheoryData<string> Ways() => [.. VerdictCases.All.Select(each => each.Ways)];

    [Theory]
    [MemberData(nameof(Ways))]
    public void The_verdict_is_one_sentence_that_says_what_works_and_why_the_rest_does_not(string ways)
    {
        (_, string tone, string sentence) = VerdictCases.All.Single(each => each.Ways == ways);

        Assert.Equal(new Verdict(tone, sentence), scene.Seen.Verdicts[ways]);
    }

    [Fact]
    public void A_page_that_is_left_and_returned_to_says_so_or_starts_anew()
    {
        Assert.Contains(scene.Seen.Left.Returned, (string[])["stopped", "done"]);
        Assert.Equal("All 6 ways work: calls get through from here.", scene.Seen.Left.Again);
    }

    private static WayReport Way(VisitResult visit, string transport) => visit.Report.Ways.Single(way => way.Transport == transport);

    private static void AssertReason(VisitResult visit, WayReport way, string title, string text)
    {
        Assert.Equal(title, way.Reason?.Title);
        Assert.Contains(text, way.Reason!.Text, StringComparison.Ordinal);
        Assert.Contains(way.Reason.Text, visit.Shown[way.Url], StringComparison.Ordinal);
    }
}
