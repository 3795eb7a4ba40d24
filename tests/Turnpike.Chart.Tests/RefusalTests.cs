using Turnpike.Chart.Tests.Kit;

namespace Turnpike.Chart.Tests;

/// <summary>Values that cannot work are refused before anything is installed, in words that say what to do.</summary>
public sealed class RefusalTests
{
    public static TheoryData<string, string> Refused() => new()
    {
        { "redis.trial.enabled=false", "redis: no store is set. Set redis.hosts" },
        { "redis.hosts={a:1}", "set only one of redis.hosts, redis.connectionSecret and redis.trial.enabled" },
        { "edge.replica=3", "at '/edge': additional properties 'replica' not allowed" },
        { "controlPlan.enabled=true", "additional properties 'controlPlan' not allowed" },
        { "edge.network.mode=cloud", "at '/edge/network/mode': value must be one of 'host', 'hostPort', 'pod'" },
        { "edge.relay.minPort=0", "at '/edge/relay/minPort': minimum: got 0, want 1" },
        { "edge.replicas=many", "at '/edge/replicas': got string, want integer" },
        { "edge.relay.minPort=60000,edge.relay.maxPort=50000", "edge.relay.minPort: 60000 is above edge.relay.maxPort, 50000" },
        { "edge.config.Edge__Quota__AllocationPerUser=1", "additional properties 'Edge__Quota__AllocationPerUser' not allowed" },
        { "edge.config.Edge__Quota__AllocationsPerUser=-1", "Edge__Quota__AllocationsPerUser': minimum: got -1, want 0" },
        { "edge.config.Edge__Secrets__0=plain", "additional properties 'Edge__Secrets__0' not allowed" },
        { "edge.config.Edge__Drain__Deadline=5", "edge.config.Edge__Drain__Deadline: the chart sets it from a value of its own" },
        { "edge.extraEnv[0].name=Edge__Name,edge.extraEnv[0].value=x", "edge.extraEnv: Edge__Name is set already" },
        { "controlPlane.config.Edge__Realm=x", "additional properties 'Edge__Realm' not allowed" },
        { "edge.listeners[0].name=tls,edge.listeners[0].scheme=tls,edge.listeners[0].port=5349", "the listener tls needs a certificate" },
        { "edge.listeners[0].name=a,edge.listeners[0].scheme=tcp,edge.listeners[0].port=1,edge.listeners[0].dtls=true", "a: dtls goes with the scheme udp" },
        { "edge.tls.certManager.enabled=true,edge.tls.certManager.dnsNames={a.example}", "edge.tls.certManager.issuerRef.name: missing" },
        { "edge.tls.certManager.enabled=true,edge.tls.certManager.issuerRef.name=x", "edge.tls.certManager: set dnsNames or ipAddresses" },
        { "edge.relay.hostPorts=true", "edge.relay.hostPorts: goes with edge.network.mode=hostPort" },
        { "edge.relay.hostPorts=true,edge.network.mode=hostPort", "16384 ports are too many for one pod" },
        { "edge.updateStrategy.maxSurge=0", "maxSurge and maxUnavailable cannot both be 0" },
        { "controlPlane.tokens={app:issuer:not-a-hash}", "at '/controlPlane/tokens/0'" },
        { "controlPlane.clientCertificates={keda:viewer:00000000000000000000000000000000000000000000000000000000000000aa}", "of no use without controlPlane.tls" },
        { "controlPlane.ingress.enabled=true", "controlPlane.ingress.host: missing" },
        { "autoscaling.mode=both", "at '/autoscaling/mode': value must be one of 'none', 'builtin', 'keda', 'hpa'" },
        { "autoscaling.mode=builtin,autoscaling.hpa.behavior.scaleDown.stabilizationWindowSeconds=5", "autoscaling.hpa: is set while autoscaling.mode is builtin; two scalers would fight" },
        { "autoscaling.mode=hpa,autoscaling.keda.pollingInterval=5", "autoscaling.keda: is set while autoscaling.mode is hpa; two scalers would fight" },
        { "autoscaling.mode=builtin,edge.kind=DaemonSet", "builtin cannot scale a DaemonSet" },
        { "autoscaling.mode=builtin,controlPlane.enabled=false", "builtin asks the control plane, and controlPlane.enabled is false" },
        { "autoscaling.mode=hpa,controlPlane.enabled=false", "autoscaling.hpa.metrics: missing" },
        { "autoscaling.mode=keda", "KEDA proves who it is with a client certificate" },
        { "metrics.prometheusRule.enabled=true,metrics.prometheusRule.disabled={TurnpikeRedisSlwo}", "metrics.prometheusRule.disabled: there is no alert TurnpikeRedisSlwo" },
        { "autoscaling.mode=hpa,autoscaling.minReplicas=20", "autoscaling.minReplicas: 20 is above autoscaling.maxReplicas, 10" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task What_cannot_work_is_refused_with_a_reason(string set, string reason)
    {
        Finished finished = await Helm.RunAsync("template", "t", Repository.Chart, "--set", "redis.trial.enabled=true", "--set", set);
        Assert.NotEqual(0, finished.ExitCode);
        Assert.Contains(reason, finished.Error, StringComparison.Ordinal);
        Assert.Empty(finished.Output);
    }
}
