using System.Globalization;

namespace Turnpike.ControlPlane.Interop.Check;

/// <summary>
/// What ways fare, and the sentence that the page makes of it. A way is its transport, its host, and works, lossy, silent (nothing comes
/// back), path (relayed, and nothing comes through), or the code that the browser reports.
/// </summary>
internal static class VerdictCases
{
    public static readonly (string Ways, string Tone, string Sentence)[] All =
    [
        ("UDP 192.0.2.1 works", "good", "The one way works: calls get through from here."),
        ("UDP 192.0.2.1 works, TCP 192.0.2.1 works", "good", "Both ways work: calls get through from here."),
        ("UDP 192.0.2.1 lossy, TCP 192.0.2.1 works", "mixed", "Both ways work, but packets get lost: 20\u00a0% over UDP to 192.0.2.1."),
        ("UDP 192.0.2.1 works, TCP 192.0.2.1 silent", "mixed", "TCP is blocked here: calls will work over UDP."),
        ("UDP 192.0.2.1 silent, TCP 192.0.2.1 701, TLS 192.0.2.1 works", "mixed",
            "UDP and TCP are blocked here: calls will work over TLS, with more delay when packets are lost."),
        ("UDP 192.0.2.1 works, TLS 192.0.2.1 silent", "mixed", "TLS is blocked here: calls will work over UDP."),
        ("UDP 192.0.2.1 works, UDP 192.0.2.2 silent, TCP 192.0.2.2 701", "mixed", "The edge at 192.0.2.2 does not answer: calls will work over UDP."),
        ("UDP 192.0.2.1 works, UDP 192.0.2.2 silent, UDP 192.0.2.3 silent", "mixed",
            "The edges at 192.0.2.2 and 192.0.2.3 do not answer: calls will work over UDP."),
        ("UDP 192.0.2.1 works, UDP 2001:db8::1 silent, TCP 2001:db8::1 701", "mixed", "IPv6 does not work here: calls will work over UDP."),
        ("UDP 192.0.2.1 401, TCP 192.0.2.1 works", "mixed", "1 of 2 ways works: calls will work over TCP, with more delay when packets are lost."),
        ("UDP 192.0.2.1 silent, TCP 192.0.2.1 works, TLS 192.0.2.1 508", "mixed",
            "UDP is blocked here and 1 more way fails: calls will work over TCP, with more delay when packets are lost."),
        ("UDP 192.0.2.1 401, TCP 192.0.2.1 401", "bad", "Nothing works: the edges refuse the credential that the control plane has just issued."),
        ("UDP 192.0.2.1 486, TCP 192.0.2.1 486", "bad", "Nothing works: the quota of allocations is used up."),
        ("UDP 192.0.2.1 508, TCP 192.0.2.1 508", "bad", "Nothing works: the edges have no room for another call."),
        ("UDP 192.0.2.1 path, TCP 192.0.2.1 path", "bad", "Nothing works: calls are relayed, but no packet comes through."),
        ("UDP 192.0.2.1 silent, TCP 192.0.2.2 701", "bad", "Nothing works: no edge answers over UDP or TCP."),
        ("UDP 192.0.2.1 silent, TCP 192.0.2.1 401", "bad", "Nothing works: each way fails for a reason of its own."),
        ("DTLS 192.0.2.1 skipped", "mixed", "There is no way here that a browser can use."),
    ];

    /// <summary>As the page's module takes them.</summary>
    public static IReadOnlyDictionary<string, object> Ways { get; } =
        All.ToDictionary(each => each.Ways, each => (object)each.Ways.Split(", ").Select(Way).ToArray());

    private static object Way(string text)
    {
        string[] parts = text.Split(' ');
        (string transport, string host, string fate) = (parts[0], parts[1], parts[2]);
        return new
        {
            transport,
            host,
            name = $"{transport} to {host}",
            port = transport == "TLS" ? 5349 : 3478,
            family = host.Contains(':', StringComparison.Ordinal) ? "IPv6" : "IPv4",
            state = fate switch { "works" or "lossy" => "works", "skipped" => "skipped", _ => "fails" },
            figures = new { lost = fate == "lossy" ? 0.2 : 0, roundTrip = new { median = 20 } },
            failure = fate switch
            {
                "works" or "lossy" or "skipped" => null,
                "silent" => Failure("first", 0),
                "path" => Failure("path", 0),
                _ => Failure("first", int.Parse(fate, CultureInfo.InvariantCulture)),
            },
        };
    }

    private static object Failure(string step, int code) => new { step, code, text = "", tried = true };
}
