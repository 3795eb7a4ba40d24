namespace Turnpike.Cluster.Tests;

/// <summary>Logs in memory, and how each attempt to append ends.</summary>
internal sealed class FakeEventLog : IEventAppender
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, long> _numbers = [];

    public Func<string, Outcome> Next { get; set; } = _ => Outcome.Answered;

    public List<ClusterEvent> Appended { get; } = [];

    public int LargestBatch { get; private set; }

    public Task<bool> AppendAsync(string realm, EventBatch batch)
    {
        lock (_lock)
        {
            Outcome outcome = Next(realm);
            if (outcome == Outcome.FailedBefore)
            {
                throw new StoreUnavailableException("failed before");
            }
            LargestBatch = Math.Max(LargestBatch, batch.Events.Count);
            bool added = batch.Number > _numbers.GetValueOrDefault(realm);
            if (added)
            {
                _numbers[realm] = batch.Number;
                Appended.AddRange(batch.Events);
            }
            return outcome == Outcome.FailedAfter ? throw new StoreUnavailableException("failed after") : Task.FromResult(added);
        }
    }
}
