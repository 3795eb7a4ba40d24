namespace Turnpike.Stores;

/// <summary>A store that a test started and that ends with it.</summary>
public interface IStore : IAsyncDisposable
{
    /// <summary>What Cluster:Redis takes: a configuration string of StackExchange.Redis, credentials included.</summary>
    string ConnectionString { get; }
}
