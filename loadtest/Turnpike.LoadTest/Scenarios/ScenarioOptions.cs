using System.Net;
using Turnpike.LoadTest.Relay;
using Turnpike.LoadTest.Turn;
using Turnpike.Protocol;

namespace Turnpike.LoadTest.Scenarios;

/// <summary>What one run of a scenario does, where, and for how long.</summary>
/// <param name="Scenario">The scenario's name.</param>
/// <param name="Target">The server, and how clients reach it.</param>
/// <param name="Credentials">Who allocates.</param>
/// <param name="Streams">Each kind of traffic; may be none where <paramref name="Churn"/> is.</param>
/// <param name="Churn">Allocations that come and go.</param>
/// <param name="Seconds">The measured time.</param>
/// <param name="WarmupSeconds">Traffic before it.</param>
/// <param name="Framing">How data travels between client and server.</param>
/// <param name="Pacing">How the generator waits for a packet's time.</param>
/// <param name="Family">Family of the relayed transport addresses, and so of the peers.</param>
/// <param name="PeerAddress">Local address of the peers; null: the one that reaches the server.</param>
internal sealed record ScenarioOptions(
    string Scenario,
    TurnTarget Target,
    ITurnCredentials Credentials,
    IReadOnlyList<StreamPlan> Streams,
    ChurnPlan? Churn,
    double Seconds,
    double WarmupSeconds,
    Framing Framing,
    Pacing Pacing,
    AddressFamily Family,
    IPAddress? PeerAddress = null)
{
    /// <summary>Packets a second in all, over the measured time.</summary>
    public double OfferedPacketsPerSecond => Streams.Sum(stream => stream.OfferedPacketsPerSecond(WarmupSeconds, Seconds));

    /// <summary>
    /// The same allocations, those that come and go too, with so many times the packets a second: evenly, where they grew, as a rate is looked for.
    /// </summary>
    public ScenarioOptions Scaled(double rateFactor) => this with
    {
        Streams = [.. Streams.Select(stream => stream with { PacketsPerSecond = stream.PacketsPerSecond * rateFactor, Ramp = false })],
    };

    public ScenarioOptions WithSeconds(double seconds) => this with { Seconds = seconds };
}
