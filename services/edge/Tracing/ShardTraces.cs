using Turnpike.Edge.Transport;
using Turnpike.Server;

namespace Turnpike.Edge.Tracing;

/// <summary>
/// The spans of one shard's allocations. One whose quota the store is asked for begins with the question, so that the answer's call is a part of
/// its trace; the allocation takes it over when the answer has come.
/// </summary>
internal sealed class ShardTraces(AllocationTracer tracer)
{
    private AllocationSpan? _resumed;

    /// <summary>The span of an allocation that is yet to be granted; null where it is not traced.</summary>
    public AllocationSpan? Begin() => tracer.Begin();

    /// <summary>The answer has come: the allocation that begins next is this span's.</summary>
    public void Resume(AllocationSpan? span) => _resumed = span;

    /// <summary>The span that waits for an allocation, if there is one.</summary>
    public AllocationSpan? Take()
    {
        AllocationSpan? span = _resumed;
        _resumed = null;
        return span;
    }

    /// <summary>The request has been answered. A span that no allocation took over ends with it.</summary>
    /// <param name="realm">The realm that was asked for.</param>
    /// <param name="decision">What the quota said.</param>
    public void Settle(string realm, QuotaDecision decision)
    {
        if (Take() is { } span)
        {
            // Granted, and yet no allocation: there is no port, or the client has gone.
            span.Refuse(realm, decision == QuotaDecision.Granted ? "not_allocated" : RelayReport.Label(decision.ToString()));
            tracer.OnEnded();
        }
    }
}
