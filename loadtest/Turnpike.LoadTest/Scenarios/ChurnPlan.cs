namespace Turnpike.LoadTest.Scenarios;

/// <summary>
/// New clients, each with an Allocate at its time whatever became of those before, that bind the peer, exchange a few packets with it while they hold the
/// allocation, and delete it.
/// </summary>
/// <param name="PerSecond">Allocates a second.</param>
/// <param name="HoldSeconds">From the success response to the deletion.</param>
/// <param name="Packets">Packets that each client sends and the peer sends back.</param>
internal sealed record ChurnPlan(double PerSecond, double HoldSeconds, int Packets = 0);
