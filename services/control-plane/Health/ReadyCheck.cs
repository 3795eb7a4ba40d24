using Microsoft.Extensions.Diagnostics.HealthChecks;
using Turnpike.ServiceDefaults;

namespace Turnpike.ControlPlane.Health;

/// <summary>What <c>/health/ready</c> says, for the gRPC health service (<c>grpc.health.v1</c>).</summary>
internal sealed class ReadyCheck(IEnumerable<IServiceHealth> services) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(services.Select(service => service.NotReadyReason).FirstOrDefault(reason => reason is not null) is string why
            ? HealthCheckResult.Unhealthy(why)
            : HealthCheckResult.Healthy());
}
