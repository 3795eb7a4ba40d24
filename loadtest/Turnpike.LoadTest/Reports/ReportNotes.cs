using Turnpike.LoadTest.Scenarios;

namespace Turnpike.LoadTest.Reports;

/// <summary>What the words of a report mean.</summary>
internal static class ReportNotes
{
    public static IEnumerable<(string Name, string Text)> Of(ScenarioResult result)
    {
        if (result.Streams.Count != 0)
        {
            yield return ("Up and down", "Up goes from a client through the server to its peer, down from the peer through the server to the client. Both ends are this generator.");
            yield return ("Loss", "Packets that were due in the measured time and never arrived. Voice suffers from about 1 % on, video sooner; a relay with room loses none.");
            yield return ("Delay", "One way through the server, from when a packet was due, not from when it was sent: a server or a generator that falls behind shows as delay. "
                + "p99 is what 99 of 100 packets stayed below, p99.9 what 999 of 1000 did. The key figure is that of the worst stream and direction.");
            yield return ("Jitter", "How unevenly packets of a flow arrive (RFC 3550 section 6.4.1). Receivers buffer it away, at the price of delay.");
        }

        if (result.Churn is not null)
        {
            yield return ("Allocates", "A client's request for a relayed address: the request, the server's 401 challenge, the request with credentials, and its success. They come on a schedule that waits for no answer.");
            if (result.Churn.Packets is not null)
            {
                yield return ("Calls that come and go", "Each binds its peer once it has its allocation, and sends a few packets that the peer sends back. Allocate to first answer is what a call takes to begin: challenge, Allocate, binding, and a packet there and back.");
            }
        }

        if (result.Highest is not null)
        {
            yield return ("Highest rate", "Short runs at rising rates until one loses more than is tolerated or is half a second late, twice; then between the two, until they are close. One machine's hiccup is not the limit; the generator's limit is told apart.");
        }

        yield return ("Completed, passed, failed", "A run fails when nothing arrives of a stream one way, or nothing at all any more before the end, when allocations are lost, when it is interrupted, or when a bar is missed. Passed means that all bars are met; without bars a run is completed.");
        yield return ("The generator", "A load generator is a program on a machine too. Where it was late or lost packets itself, the figures are not the server's alone, and a banner above says so.");
    }
}
