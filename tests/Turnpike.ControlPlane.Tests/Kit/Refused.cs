using Google.Rpc;
using Grpc.Core;

namespace Turnpike.ControlPlane.Tests;

/// <summary>Expecting an error.</summary>
internal static class Refused
{
    /// <summary>The call fails with this code.</summary>
    public static async Task<RpcException> WithAsync(StatusCode code, Func<Task> call)
    {
        RpcException problem = await Assert.ThrowsAsync<RpcException>(call);
        Assert.True(problem.StatusCode == code, $"expected {code}: {problem.Status}");
        return problem;
    }

    /// <summary>The call fails with INVALID_ARGUMENT and names the field.</summary>
    public static async Task FieldAsync(string field, Func<Task> call)
    {
        RpcException problem = await WithAsync(StatusCode.InvalidArgument, call);
        BadRequest? details = problem.GetRpcStatus()?.GetDetail<BadRequest>();
        Assert.Equal(field, Assert.Single(details!.FieldViolations).Field);
    }

    /// <summary>The call fails with this code and this reason for programs.</summary>
    public static async Task ReasonAsync(StatusCode code, string reason, Func<Task> call)
    {
        RpcException problem = await WithAsync(code, call);
        Assert.Equal(reason, problem.GetRpcStatus()?.GetDetail<ErrorInfo>()?.Reason);
    }
}
