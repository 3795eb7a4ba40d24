using System.Diagnostics;
using StackExchange.Redis;

namespace Turnpike.Cluster.Tests;

/// <summary>A store whose calls wait until the test carries them out, loses their answers, or fails them; the scripts run in a real one.</summary>
internal sealed class SteppedStore(ClusterStore store, ClusterKeys keys) : ILeaseStore
{
    private readonly List<Call> _calls = [];

    public bool IsAvailable { get; private set; } = true;

    public event Action<bool>? AvailabilityChanged;

    public ClusterKeys Keys => keys;

    /// <summary>Calls that were made and have no outcome yet, the oldest first.</summary>
    public IReadOnlyList<Call> Calls => _calls;

    public Task<RedisResult> RunAsync(ClusterScript script, RedisKey[] keys, RedisValue[] arguments, IReadOnlyList<ActivityContext> causes)
    {
        if (!IsAvailable)
        {
            return Task.FromException<RedisResult>(new StoreUnavailableException("away"));
        }
        Call call = new(this, script, keys, arguments) { Causes = causes };
        _calls.Add(call);
        return call.Answer;
    }

    public void SetAvailable(bool isAvailable)
    {
        if (IsAvailable != isAvailable)
        {
            IsAvailable = isAvailable;
            AvailabilityChanged?.Invoke(isAvailable);
        }
    }

    internal sealed class Call(SteppedStore owner, ClusterScript script, RedisKey[] keys, RedisValue[] arguments)
    {
        // Continuations run where the answer is set, so that a step is over when its method returns.
        private readonly TaskCompletionSource<RedisResult> _answer = new();

        public SteppedStore Owner => owner;

        public string Script => script.Name;

        /// <summary>The spans that it is made for.</summary>
        public IReadOnlyList<ActivityContext> Causes { get; init; } = [];

        public Task<RedisResult> Answer => _answer.Task;

        /// <summary>Carries it out and answers.</summary>
        public async Task RunAsync()
        {
            RedisResult result = await owner.ExecuteAsync(script, keys, arguments);
            owner._calls.Remove(this);
            Deliver(() => _answer.TrySetResult(result));
        }

        /// <summary>Carries it out, whenever that is, without an answer.</summary>
        public Task ExecuteAsync() => owner.ExecuteAsync(script, keys, arguments);

        /// <summary>Answers as the store does that does not know the edge, or has nothing to take apart.</summary>
        public void AnswerUnknown()
        {
            owner._calls.Remove(this);
            RedisResult nothing = RedisResult.Create("", ResultType.BulkString);
            RedisResult unknown = RedisResult.Create([RedisResult.Create(0, ResultType.Integer)]);
            Deliver(() => _answer.TrySetResult(Script == "lease-reap" ? nothing : unknown));
        }

        /// <summary>Ends it without an answer; the store is away from then on, as the real one says.</summary>
        public void Fail()
        {
            owner._calls.Remove(this);
            owner.IsAvailable = false;
            Deliver(() => _answer.TrySetException(new StoreUnavailableException("no answer in time")));
            owner.AvailabilityChanged?.Invoke(false);
        }

        private static void Deliver(Action deliver)
        {
            SynchronizationContext? context = SynchronizationContext.Current;
            SynchronizationContext.SetSynchronizationContext(null);
            deliver();
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }

    private Task<RedisResult> ExecuteAsync(ClusterScript script, RedisKey[] keys, RedisValue[] arguments) => store.RunAsync(script, keys, arguments);
}
