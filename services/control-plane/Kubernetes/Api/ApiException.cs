namespace Turnpike.ControlPlane.Kubernetes.Api;

/// <summary>Why a call to the API server came to nothing.</summary>
internal enum ApiFault
{
    /// <summary>No answer: refused, reset, timed out, or cut off in the middle.</summary>
    Unreachable,

    /// <summary>401: the token or certificate is not accepted.</summary>
    Unauthorized,

    /// <summary>403 of the authorisation: a permission is missing.</summary>
    Forbidden,

    /// <summary>404.</summary>
    NotFound,

    /// <summary>409: somebody else changed it, or made it, in between.</summary>
    Conflict,

    /// <summary>410: what a watch or a list was to go on from is forgotten.</summary>
    Gone,

    /// <summary>429, or 503 with a time to wait.</summary>
    Throttled,

    /// <summary>Any other 4xx: admission denied it, or it is not valid.</summary>
    Denied,

    /// <summary>Any other 5xx.</summary>
    Server,
}

/// <summary>A call to the API server that came to nothing.</summary>
internal sealed class ApiException(ApiFault fault, string message, TimeSpan? retryAfter = null, Exception? inner = null) : Exception(message, inner)
{
    public ApiFault Fault { get; } = fault;

    /// <summary>What the server asks to wait for.</summary>
    public TimeSpan? RetryAfter { get; } = retryAfter;
}
