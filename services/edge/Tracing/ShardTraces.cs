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
    private bool _isResumed;

    /// <summary>The span of an allocation that is yet to be granted; null where it is not traced.</summary>
    public AllocationSpan? Begin() => tracer.Begin();

    /// <summary>The answer has come: the allocation that begins next is this span's, or, without one, was found not to be traced.</summary>
    public void Resume(AllocationSpan? span) => (_resumed, _isResumed) = (span, true);

    /// <summary>The span of an allocation that begins; null where it is not traced.</summary>
    public AllocationSpan? ForAllocation() => _isResumed ? Take() : tracer.Begin();

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

    private AllocationSpan? Take()
    {
        AllocationSpan? span = _resumed;
        (_resumed, _isResumed) = (null, false);
        return span;
    }
}
