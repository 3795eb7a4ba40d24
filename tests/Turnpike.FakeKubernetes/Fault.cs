namespace Turnpike.FakeKubernetes;

/// <summary>What goes wrong with a request.</summary>
public abstract record Fault
{
    private Fault()
    {
    }

    /// <summary>The connection ends before anything is done.</summary>
    public static Fault Reset { get; } = new ResetFault(false);

    /// <summary>It is done, and the connection ends before the answer: whoever asked does not know.</summary>
    public static Fault ResetAfter { get; } = new ResetFault(true);

    /// <summary>There never is an answer.</summary>
    public static Fault Hang { get; } = new HangFault();

    /// <summary>An answer with an error.</summary>
    public static Fault Answer(int code, string reason, string message, int? retryAfterSeconds = null) =>
        new AnswerFault(new StatusException(code, reason, message, retryAfterSeconds));

    /// <summary>429, as priority and fairness answers.</summary>
    public static Fault Throttle(int retryAfterSeconds) =>
        Answer(429, "TooManyRequests", "Too many requests, please try again later.", retryAfterSeconds);

    /// <summary>A validating webhook says no.</summary>
    public static Fault Deny(string webhook, string why) => Answer(400, "BadRequest", $"admission webhook \"{webhook}\" denied the request: {why}");

    /// <summary>The answer comes late.</summary>
    public static Fault Late(TimeSpan delay) => new LateFault(delay);

    internal sealed record ResetFault(bool After) : Fault;

    internal sealed record HangFault : Fault;

    internal sealed record AnswerFault(StatusException Status) : Fault;

    internal sealed record LateFault(TimeSpan Delay) : Fault;
}
