using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Grpc.Net.Client;
using Turnpike.Contracts.V1;

namespace Turnpike.ControlPlane.Tests.Authorization;

/// <summary>TLS on both ports, and callers that are known by their certificate.</summary>
public sealed class CertificateTests : ControlPlaneTest
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("turnpike-certificates-");
    private readonly X509Certificate2 _known = Issue("CN=known", null, authority: false);
    private readonly X509Certificate2 _unknown = Issue("CN=unknown", null, authority: false);
    private readonly X509Certificate2 _root = Issue("CN=root", null, authority: true);

    protected override string[] Settings
    {
        get
        {
            using X509Certificate2 issuer = Issue("CN=issuer", _root, authority: true);
            using X509Certificate2 server = Issue("CN=control-plane", issuer, authority: false);
            string certificate = Path.Combine(_folder.FullName, "chain.pem");
            string key = Path.Combine(_folder.FullName, "key.pem");
            File.WriteAllText(certificate, server.ExportCertificatePem() + "\n" + issuer.ExportCertificatePem() + "\n");
            File.WriteAllText(key, server.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
            return
            [
                $"--ControlPlane:Tls:Certificate={certificate}",
                $"--ControlPlane:Tls:Key={key}",
                $"--ControlPlane:ClientCertificates:0=robot:viewer:{Convert.ToHexStringLower(SHA256.HashData(_known.RawData))}",
            ];
        }
    }

    [Fact]
    public async Task A_certificate_of_the_settings_has_its_role_and_no_more()
    {
        using GrpcChannel channel = Channel(_known);
        await new FleetService.FleetServiceClient(channel).ListEdgesAsync(new ListEdgesRequest(), cancellationToken: Cancellation);
        RpcException denied = await Assert.ThrowsAsync<RpcException>(() => new RealmService.RealmServiceClient(channel)
            .CreateRealmAsync(new CreateRealmRequest { RealmId = "new" }, cancellationToken: Cancellation).ResponseAsync);
        Assert.Equal(StatusCode.PermissionDenied, denied.StatusCode);
    }

    [Fact]
    public async Task Another_certificate_or_none_is_nobody()
    {
        foreach (X509Certificate2? certificate in (X509Certificate2?[])[_unknown, null])
        {
            using GrpcChannel channel = Channel(certificate);
            RpcException refused = await Assert.ThrowsAsync<RpcException>(() => new FleetService.FleetServiceClient(channel)
                .ListEdgesAsync(new ListEdgesRequest(), cancellationToken: Cancellation).ResponseAsync);
            Assert.Equal(StatusCode.Unauthenticated, refused.StatusCode);
        }
    }

    [Fact]
    public async Task The_chain_behind_the_certificate_is_sent_and_old_versions_of_TLS_are_not_spoken()
    {
        // The client trusts the root alone, so that it needs the issuer that stands in the server's file.
        await HandshakeAsync(SslProtocols.Tls12);
        await HandshakeAsync(SslProtocols.Tls13);
#pragma warning disable SYSLIB0039, CA5397 // The old version is here to be refused.
        await Assert.ThrowsAnyAsync<Exception>(() => HandshakeAsync(SslProtocols.Tls11));
#pragma warning restore SYSLIB0039, CA5397
    }

    [Fact]
    public async Task REST_speaks_TLS_too()
    {
        using HttpClient client = new(Handler(_known)) { BaseAddress = Plane.Http };
        Assert.Equal("https", Plane.Http.Scheme);
        using HttpResponseMessage answer = await client.GetAsync(new Uri("/v1/edges", UriKind.Relative), Cancellation);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        GC.SuppressFinalize(this);
        _known.Dispose();
        _unknown.Dispose();
        _root.Dispose();
        _folder.Delete(recursive: true);
    }

    private GrpcChannel Channel(X509Certificate2? certificate) =>
        GrpcChannel.ForAddress(Plane.Grpc, new GrpcChannelOptions { HttpHandler = Handler(certificate), DisposeHttpClient = true });

    private SocketsHttpHandler Handler(X509Certificate2? certificate)
    {
        SocketsHttpHandler handler = new() { SslOptions = { CertificateChainPolicy = Trust() } };
        if (certificate is not null)
        {
            handler.SslOptions.ClientCertificates = [certificate];
        }
        return handler;
    }

    private X509ChainPolicy Trust() => new()
    {
        TrustMode = X509ChainTrustMode.CustomRootTrust,
        CustomTrustStore = { _root },
        RevocationMode = X509RevocationMode.NoCheck,
    };

    private async Task HandshakeAsync(SslProtocols version)
    {
        using TcpClient connection = new();
        await connection.ConnectAsync(Plane.Http.Host, Plane.Http.Port, Cancellation);
        await using SslStream stream = new(connection.GetStream());
        await stream.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions { TargetHost = Plane.Http.Host, EnabledSslProtocols = version, CertificateChainPolicy = Trust() }, Cancellation);
    }

    private static X509Certificate2 Issue(string name, X509Certificate2? issuer, bool authority)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(authority, false, 0, critical: true));
        SubjectAlternativeNameBuilder names = new();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        if (issuer is null)
        {
            return request.CreateSelfSigned(now.AddDays(-9), now.AddDays(9));
        }
        // A certificate lives within its issuer's time.
        int days = authority ? 5 : 1;
        using X509Certificate2 certificate = request.Create(issuer, now.AddDays(-days), now.AddDays(days), RandomNumberGenerator.GetBytes(8));
        return certificate.CopyWithPrivateKey(key);
    }
}
