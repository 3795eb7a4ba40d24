using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Turnpike.Ctl.Output;

namespace Turnpike.Ctl.Calls;

/// <summary>Says in one line why a call failed and, where it is known, what to do.</summary>
public static class CallProblem
{
    public static string Line(RpcException problem, Connection connection)
    {
        Google.Rpc.Status? status = problem.GetRpcStatus();
        string text = status is null ? Bare(problem, connection) : Detailed(status);
        if (problem.StatusCode == StatusCode.Unauthenticated && connection.Token.Length == 0)
        {
            text += "; give a token with TURNPIKE_TOKEN, --token-file or --token";
        }
        return SafeText.Line(text);
    }

    private static string Detailed(Google.Rpc.Status status)
    {
        string text = status.Message;
        if (status.GetDetail<BadRequest>() is { FieldViolations.Count: > 0 } request)
        {
            text = string.Join("; ", request.FieldViolations.Select(violation => $"{violation.Field}: {violation.Description}"));
        }
        text = text.TrimEnd('.');
        if (text.Length == 0)
        {
            text = ((StatusCode)status.Code).ToString();
        }
        if (status.GetDetail<ErrorInfo>() is { Reason.Length: > 0 } info)
        {
            text += $" ({info.Reason})";
        }
        if (status.GetDetail<RetryInfo>() is { RetryDelay: Duration delay })
        {
            text += $"; try again in {Show.Length(delay)}";
        }
        return text;
    }

    // What comes from the channel, or from a server that is not a control plane.
    private static string Bare(RpcException problem, Connection connection) => problem.StatusCode switch
    {
        StatusCode.DeadlineExceeded => $"{connection.Server} has not answered within {connection.Timeout.TotalSeconds:0.###} s (--timeout)",
        StatusCode.Unavailable or StatusCode.Internal when problem.Status.DebugException is { } cause =>
            $"cannot talk to {connection.Server}: {Innermost(cause).Message.TrimEnd('.')} (--server)",
        StatusCode.Unimplemented => $"{connection.Server} does not know this call: no control plane, another port of it, or another version",
        StatusCode.Cancelled => "interrupted",
        StatusCode code => $"{(problem.Status.Detail.Length > 0 ? problem.Status.Detail.TrimEnd('.') : "no reason given")} ({code})",
    };

    private static Exception Innermost(Exception exception) => exception.InnerException is { } inner ? Innermost(inner) : exception;
}
