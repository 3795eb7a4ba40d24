using Turnpike.ControlPlane.Options;
using Turnpike.ControlPlane.Scaling;
using Turnpike.Scaling;
using Turnpike.ServiceDefaults;

namespace Turnpike.ControlPlane.Tests.Options;

public sealed class SettingsTests
{
    private const string Hash = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    private const string Redis = "--Cluster:Redis=127.0.0.1:6379";
    private const string Token = $"--ControlPlane:Tokens:0=admin:operator:{Hash}";

    [Fact]
    public void A_store_and_a_token_are_enough() => Assert.Equal("", Problems(Redis, Token));

    [Theory]
    [InlineData("Cluster:Redis", Token)]
    [InlineData("nobody could call", Redis)]
    [InlineData("needs its realms", Redis, $"--ControlPlane:Tokens:0=app:issuer:{Hash}")]
    [InlineData("the role is none", Redis, $"--ControlPlane:Tokens:0=app:emperor:{Hash}")]
    [InlineData("no SHA-256", Redis, "--ControlPlane:Tokens:0=app:operator:plain-token")]
    [InlineData("the name is not", Redis, $"--ControlPlane:Tokens:0=a b:operator:{Hash}")]
    [InlineData("listed twice", Redis, Token, $"--ControlPlane:Tokens:1=admin:viewer:{Hash}")]
    [InlineData("is no origin", Redis, $"--ControlPlane:BrowserKeys:0=page:turnpike:{Hash}:*")]
    [InlineData("ControlPlane:Tls:Key", Redis, Token, "--ControlPlane:Tls:Certificate=a.pem")]
    [InlineData("ControlPlane:Tls:Certificate = \"/no/such.pem\"", Redis, Token, "--ControlPlane:Tls:Certificate=/no/such.pem", "--ControlPlane:Tls:Key=/no/such.key")]
    [InlineData("Cluster:TrustedIssuer = \"/no/such.pem\"", Redis, Token, "--Cluster:TrustedIssuer=/no/such.pem")]
    [InlineData("of no use without ControlPlane:Tls", Redis, $"--ControlPlane:ClientCertificates:0=admin:operator:{Hash}")]
    [InlineData("ControlPlane:Jwt:Issuer", Redis, "--ControlPlane:Jwt:Issuer=http://example.com", "--ControlPlane:Jwt:Audience=turnpike")]
    [InlineData("ControlPlane:Jwt:Audience", Redis, "--ControlPlane:Jwt:Issuer=https://example.com")]
    [InlineData("the same as ControlPlane:Grpc", Redis, Token, "--ControlPlane:Http=http://0.0.0.0:8443")]
    [InlineData("ControlPlane:Grpc", Redis, Token, "--ControlPlane:Grpc=https://0.0.0.0:8443")]
    [InlineData("ControlPlane:DefaultRealm", Redis, Token, "--ControlPlane:DefaultRealm=a b")]
    [InlineData("ControlPlane:CallsPerSecond", Redis, Token, "--ControlPlane:CallsPerSecond=-1")]
    [InlineData("ControlPlane:Webhooks:Lease", Redis, Token, "--ControlPlane:Webhooks:Lease=10")]
    [InlineData("ControlPlane:Webhooks:LongestRetry", Redis, Token, "--ControlPlane:Webhooks:FirstRetry=60", "--ControlPlane:Webhooks:LongestRetry=59")]
    [InlineData("ControlPlane:Webhooks:AllowPrivate:0 = \"10.0.0.1/8\"", Redis, Token, "--ControlPlane:Webhooks:AllowPrivate:0=10.0.0.1/8")]
    [InlineData("ControlPlane:Webhooks:Timeout", Redis, Token, "--ControlPlane:Webhooks:Timeout=0")]
    [InlineData("ControlPlane:Scaling:MaxReplicas = \"2\": less than ControlPlane:Scaling:MinReplicas (3)", Redis, Token, "--ControlPlane:Scaling:MinReplicas=3", "--ControlPlane:Scaling:MaxReplicas=2")]
    [InlineData("ControlPlane:Scaling:TargetUtilization", Redis, Token, "--ControlPlane:Scaling:TargetUtilization=101")]
    [InlineData("ControlPlane:Scaling:Targets:0 = \"cpu:50\"", Redis, Token, "--ControlPlane:Scaling:Targets:0=cpu:50")]
    [InlineData("ControlPlane:Scaling:Targets:1 = \"allocations:60\": listed twice", Redis, Token, "--ControlPlane:Scaling:Targets:0=allocations:50", "--ControlPlane:Scaling:Targets:1=allocations:60")]
    [InlineData("ControlPlane:Scaling:Schedule:0 = \"daily\": not days", Redis, Token, "--ControlPlane:Scaling:Schedule:0=daily")]
    [InlineData("not within ControlPlane:Scaling:MinReplicas and MaxReplicas (1 to 10)", Redis, Token, "--ControlPlane:Scaling:Schedule:0=daily 08:00-18:00 UTC min=11")]
    [InlineData("ControlPlane:Scaling:ScaleUp:Policies:0 = \"Pods:4\"", Redis, Token, "--ControlPlane:Scaling:ScaleUp:Policies:0=Pods:4")]
    [InlineData("ControlPlane:Scaling:ScaleDown:Policies:0", Redis, Token, "--ControlPlane:Scaling:ScaleDown:Policies:0=Percent:0:15")]
    [InlineData("ControlPlane:Scaling:ScaleDown:SelectPolicy = \"most\": allowed: max, min, disabled", Redis, Token, "--ControlPlane:Scaling:ScaleDown:SelectPolicy=most")]
    [InlineData("did you mean ControlPlane:Scaling:ScaleUp:StabilizationWindowSeconds?", Redis, Token, "--ControlPlane:Scaling:ScaleUp:StabilisationWindowSeconds=5")]
    [InlineData("ControlPlane:Kubernetes:Workload = \"Edges!\"", Redis, Token, "--ControlPlane:Kubernetes:Workload=Edges!")]
    [InlineData("ControlPlane:Kubernetes:RenewDeadline = \"20\": not less than LeaseDuration", Redis, Token, "--ControlPlane:Kubernetes:RenewDeadline=20")]
    [InlineData("ControlPlane:Kubernetes:RetryPeriod = \"10\": not less than RenewDeadline", Redis, Token, "--ControlPlane:Kubernetes:RetryPeriod=10")]
    [InlineData("ControlPlane:Kubernetes:Workload: missing beside ControlPlane:Kubernetes:Enabled", Redis, Token, "--ControlPlane:Kubernetes:Enabled=true")]
    public void What_is_wrong_stops_the_start_and_is_named_without_secrets(string expected, params string[] settings)
    {
        string problems = Problems(settings);

        Assert.Contains(expected, problems, StringComparison.Ordinal);
        Assert.DoesNotContain(Hash, problems, StringComparison.Ordinal);
        Assert.DoesNotContain("plain-token", problems, StringComparison.Ordinal);
    }

    [Fact]
    public void The_default_scaling_policy_is_the_one_that_was_simulated()
    {
        ServiceStart<ControlPlaneSettings> start = ServiceStart.Read(
            ServiceIdentity.Of("control-plane", typeof(ControlPlaneSettings).Assembly), [Redis, Token], ControlPlaneSettings.Catalog, ControlPlaneSettingsReader.Read);
        Assert.Equal(ScalingMessage.Of(new ScalingPolicy()), ScalingMessage.Of(start.Settings.Scaling));
    }

    private static string Problems(params string[] settings)
    {
        StringWriter error = new();
        ServiceStart.Read(
            ServiceIdentity.Of("control-plane", typeof(ControlPlaneSettings).Assembly), settings,
            ControlPlaneSettings.Catalog, ControlPlaneSettingsReader.Read, error: error);
        return error.ToString();
    }
}
