using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Time.Testing;
using Turnpike.Contracts.V1;
using Turnpike.ServiceDefaults.Tls;
using Turnpike.Stores;

namespace Turnpike.ControlPlane.Tests.Tls;

/// <summary>Certificates that are renewed, as cert-manager and certbot do it, and ones that are not.</summary>
public sealed class CertificateReloadTests : IAsyncLifetime
{
    private const string Metric = "turnpike_control_plane_certificate_expiry_timestamp_seconds";
    private const int Refused = 1222;
    private const int Ending = 1224;
    private const int Expired = 1223;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("turnpike-reload-");
    private readonly FakeTimeProvider _clock = new(TimeProvider.System.GetUtcNow());
    private RedisServer? _redis;
    private TestControlPlane? _plane;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private TestControlPlane Plane => _plane!;

    private string CertificateFile => Path.Combine(_folder.FullName, "tls.crt");

    private string KeyFile => Path.Combine(_folder.FullName, "tls.key");

    public async ValueTask InitializeAsync()
    {
        Write("first", days: 100);
        _redis = await RedisServer.StartAsync();
        _plane = await TestControlPlane.StartAsync(
            _redis,
            [$"--ControlPlane:Tls:Certificate={CertificateFile}", $"--ControlPlane:Tls:Key={KeyFile}"],
            services => services.Replace(ServiceDescriptor.Singleton<TimeProvider>(_clock)));
    }

    public async ValueTask DisposeAsync()
    {
        if (_plane is not null)
        {
            await _plane.DisposeAsync();
        }
        if (_redis is not null)
        {
            await _redis.DisposeAsync();
        }
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task A_new_certificate_is_shown_on_both_ports_and_live_connections_go_on()
    {
        using GrpcChannel live = Channel();
        await ListAsync(live);
        Assert.Equal(("CN=first", "CN=first"), await LeavesAsync());
        Assert.Equal(Expiry(100), await ExpiryMetricAsync());

        Write("second", days: 200);
        Assert.Equal(("CN=first", "CN=first"), await LeavesAsync());
        _clock.Advance(ServerCertificates.Interval);
        Assert.Equal(("CN=second", "CN=second"), await LeavesAsync());
        Assert.Equal(Expiry(200), await ExpiryMetricAsync());
        await ListAsync(live);
        using GrpcChannel next = Channel();
        await ListAsync(next);
    }

    [Fact]
    public async Task A_pair_that_does_not_match_is_told_once_and_not_used()
    {
        string key = File.ReadAllText(KeyFile);
        Write("second", days: 200);
        File.WriteAllText(KeyFile, key);
        for (int i = 0; i < 4; i++)
        {
            _clock.Advance(ServerCertificates.Interval);
        }
        Assert.Equal(("CN=first", "CN=first"), await LeavesAsync());
        Assert.Contains(CertificateFile, Assert.Single(Plane.Log.Of(Refused)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_that_nobody_renews_is_told_of_once_before_it_ends_and_once_after()
    {
        Later(TimeSpan.FromDays(92));
        Assert.Empty(Plane.Log.Of(Ending));
        Later(TimeSpan.FromDays(2));
        Assert.Contains("CN=first", Assert.Single(Plane.Log.Of(Ending)), StringComparison.Ordinal);
        Later(TimeSpan.FromDays(1));
        Assert.Single(Plane.Log.Of(Ending));
        Assert.Empty(Plane.Log.Of(Expired));
        Later(TimeSpan.FromDays(6));
        Assert.Single(Plane.Log.Of(Expired));

        Write("second", days: 300);
        _clock.Advance(ServerCertificates.Interval);
        Assert.Equal(("CN=second", "CN=second"), await LeavesAsync());
        Later(TimeSpan.FromDays(1));
        Assert.Equal((1, 1), (Plane.Log.Of(Ending).Count(), Plane.Log.Of(Expired).Count()));
    }

    [Fact]
    public void One_that_lives_for_a_day_has_its_warning_in_its_last_tenth()
    {
        Write("short", days: 1);
        _clock.Advance(ServerCertificates.Interval);
        Later(TimeSpan.FromHours(20));
        Assert.Empty(Plane.Log.Of(Ending));
        Later(TimeSpan.FromHours(2));
        Assert.Single(Plane.Log.Of(Ending));
    }

    // The date alone, and then one look: a hundred days would be a million looks.
    private void Later(TimeSpan span)
    {
        _clock.AdjustTime(_clock.GetUtcNow() + span);
        _clock.Advance(ServerCertificates.Interval);
    }

    private void Write(string name, int days)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new($"CN={name}", key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 certificate = request.CreateSelfSigned(_clock.GetUtcNow().AddMinutes(-1), _clock.GetUtcNow().AddDays(days));
        File.WriteAllText(CertificateFile, certificate.ExportCertificatePem());
        File.WriteAllText(KeyFile, key.ExportPkcs8PrivateKeyPem());
    }

    private long Expiry(int days) => _clock.Start.AddDays(days).ToUnixTimeSeconds();

    private async Task<(string Grpc, string Http)> LeavesAsync() => (await LeafAsync(Plane.Grpc), await LeafAsync(Plane.Http));

    private static async Task<string> LeafAsync(Uri address)
    {
        using TcpClient connection = new();
        await connection.ConnectAsync(address.Host, address.Port, Cancellation);
        await using SslStream stream = new(connection.GetStream());
        await stream.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions { TargetHost = address.Host, RemoteCertificateValidationCallback = AcceptAny }, Cancellation);
        return stream.RemoteCertificate!.Subject;
    }

    private async Task<long> ExpiryMetricAsync()
    {
        using HttpClient client = new(Handler()) { BaseAddress = Plane.Http };
        string metrics = await client.GetStringAsync(new Uri("/metrics", UriKind.Relative), Cancellation);
        string line = Assert.Single(metrics.Split('\n'), line => line.StartsWith(Metric, StringComparison.Ordinal));
        return (long)double.Parse(line[Metric.Length..], CultureInfo.InvariantCulture);
    }

    private static async Task ListAsync(GrpcChannel channel) => await new RealmService.RealmServiceClient(channel).ListRealmsAsync(
        new ListRealmsRequest(), new Grpc.Core.Metadata { { "authorization", $"Bearer {Tokens.Operator}" } }, cancellationToken: Cancellation);

    private GrpcChannel Channel() => GrpcChannel.ForAddress(Plane.Grpc, new GrpcChannelOptions { HttpHandler = Handler(), DisposeHttpClient = true });

    private static SocketsHttpHandler Handler() => new() { SslOptions = { RemoteCertificateValidationCallback = AcceptAny } };

    // Which certificate is shown is what is asked here, not who signed it.
    private static bool AcceptAny(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors) =>
        errors is SslPolicyErrors.None or SslPolicyErrors.RemoteCertificateChainErrors;
}
