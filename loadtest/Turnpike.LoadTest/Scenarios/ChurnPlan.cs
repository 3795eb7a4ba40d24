namespace Turnpike.LoadTest.Scenarios;

/// <summary>New clients, each with an Allocate at its time whatever became of those before, that hold the allocation for a while and delete it.</summary>
/// <param name="PerSecond">Allocates a second.</param>
/// <param name="HoldSeconds">From the success response to the deletion.</param>
internal sealed record ChurnPlan(double PerSecond, double HoldSeconds);
