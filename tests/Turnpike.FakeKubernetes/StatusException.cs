using System.Text.Json.Nodes;

namespace Turnpike.FakeKubernetes;

/// <summary>An answer that is no success, as the API server gives it.</summary>
public sealed class StatusException(int code, string reason, string message, int? retryAfterSeconds = null) : Exception(message)
{
    public int Code { get; } = code;

    public int? RetryAfterSeconds { get; } = retryAfterSeconds;

    public JsonObject ToStatus() => new()
    {
        ["kind"] = "Status",
        ["apiVersion"] = "v1",
        ["metadata"] = new JsonObject(),
        ["status"] = "Failure",
        ["message"] = Message,
        ["reason"] = reason,
        ["code"] = Code,
    };

    public static StatusException NotFound(Kind kind, string name) => new(404, "NotFound", $"{kind.Resource} \"{name}\" not found");

    public static StatusException Conflict(Kind kind, string name, string why) =>
        new(409, "Conflict", $"Operation cannot be fulfilled on {kind.Resource} \"{name}\": {why}");

    public static StatusException Gone(string message) => new(410, "Expired", message);
}
