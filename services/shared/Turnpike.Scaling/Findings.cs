namespace Turnpike.Scaling;

/// <summary>Collects the reasons of a decision.</summary>
internal sealed class Findings
{
    private readonly List<ScalingReason> _reasons = [];
    private readonly List<ScalingReasonCode> _limits = [];

    public IReadOnlyList<ScalingReason> Reasons => _reasons;

    public IReadOnlyList<ScalingReasonCode> Limits => _limits;

    /// <summary>Adds a reason.</summary>
    public void Add(ScalingReasonCode code, string words) => _reasons.Add(new ScalingReason(code, words));

    /// <summary>Adds a reason that holds the load's own answer back.</summary>
    public void Limit(ScalingReasonCode code, string words)
    {
        Add(code, words);
        _limits.Add(code);
    }

    /// <summary>Adds a reason that holds the load's own answer back.</summary>
    public void Limit((ScalingReasonCode Code, string Words) reason) => Limit(reason.Code, reason.Words);
}
