using Turnpike.Edge.Cluster;
using Turnpike.Edge.Options;
using Turnpike.Server;

namespace Turnpike.Edge.Transport;

/// <summary>The rules of an edge that runs alone: its settings.</summary>
internal sealed class LocalRules : IRelayRules
{
    private readonly EdgeSettings _settings;
    private readonly LocalQuotaGate _quota;
    private readonly PolicyKeys _keys = PolicyKeys.Create();
    private readonly CredentialChain _credentials;
    private readonly UserShares? _shares;
    private volatile ServerPolicy? _policy;

    public LocalRules(EdgeSettings settings, TimeProvider time)
    {
        _settings = settings;
        _quota = new LocalQuotaGate(settings.Quota.AllocationsPerUser, settings.Quota.AllocationsPerRealm, settings.Quota.Allocations);
        _credentials = new CredentialChain(
            PolicyFactory.Users(settings),
            new RestCredentials(settings.Realm, settings.Secrets, settings.CredentialSeparator, settings.CredentialHmacSha256));
        Registry = new AllocationRegistry(time);
        long cap = settings.Quota.BitsPerSecondPerUser;
        if (cap > 0)
        {
            _shares = new UserShares(Registry, static () => true, _ => cap, static (_, _) => 0, time);
        }

        // Nobody else asks who lives.
        Observer = _shares is null ? NullObserver.Instance : Registry;
    }

    /// <summary>The allocations that live, where anything depends on them.</summary>
    public AllocationRegistry Registry { get; }

    public IAllocationObserver Observer { get; }

    public IQuotaGate QuotaOf(int shard) => _quota;

    public int AllocationLimitOf(string realm) => _settings.Quota.AllocationsPerRealm;

    public ServerPolicy PolicyOf(int shard) => _policy ?? throw new InvalidOperationException("The places are not known yet.");

    public void UsePlaces(RelayPlaces places) => _policy = PolicyFactory.Create(_settings, places, new PolicyParts
    {
        Credentials = _credentials,
        Keys = _keys,
        Own = PolicyFactory.OwnRules(_settings, places),
        HasRestCredentials = _settings.Secrets.Count > 0,
    });

    public void Serve(IReadOnlyList<IShardInbox> shards) => _shares?.Serve(shards);

    public void Stop() => _shares?.Stop();

    /// <summary>Nobody wants to know.</summary>
    private sealed class NullObserver : IAllocationObserver
    {
        public static readonly NullObserver Instance = new();

        public void Started(Allocation allocation)
        {
        }

        public void Ended(Allocation allocation, AllocationEnd reason)
        {
        }
    }
}
