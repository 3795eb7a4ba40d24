using Turnpike.ServiceDefaults;

namespace Turnpike.ControlPlane.Kubernetes.Acting;

/// <summary>What the scaler does, or why it does not.</summary>
internal sealed class ScalerStatus : IServiceHealth
{
    private volatile Said _said = new("starting", null);

    /// <summary>One sentence.</summary>
    public string Text => _said.Text;

    /// <summary>The kind of trouble, as a word for programs; null where there is none.</summary>
    public string? Trouble => _said.Trouble;

    public string? NotReadyReason => null;

    public string? NotAliveReason => null;

    // Calls are served whatever becomes of the scaling.
    public string? DegradedReason => _said is { Trouble: not null } said ? $"the edges are not scaled: {said.Text}" : null;

    /// <summary>Says it; true where the trouble is another one than before.</summary>
    public bool Set(string text, string? trouble)
    {
        Said before = _said;
        _said = new Said(text, trouble);
        return before.Trouble != trouble || (trouble is not null && before.Text != text);
    }

    private sealed record Said(string Text, string? Trouble);
}
