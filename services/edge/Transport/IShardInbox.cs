using Turnpike.Server;

namespace Turnpike.Edge.Transport;

/// <summary>How other threads reach a shard: what they leave here is done by its own thread, in order.</summary>
internal interface IShardInbox
{
    /// <summary>Has the shard's thread do something between two rounds.</summary>
    void Post(Action<TurnServer> action);

    /// <summary>Has the shard's thread ask the server something, and send what it answers.</summary>
    void Ask(ServerQuestion question);
}
