using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Turnpike.Edge.Tests.PublicAddresses;

/// <summary>As much of a Kubernetes API server as a reader of one Node sees: it wants the right token and the right Node.</summary>
internal sealed class FakeApiServer : IAsyncDisposable
{
    public const string Token = "token-of-the-service-account";
    public const string NodeName = "node-7";

    private readonly WebApplication _app;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("turnpike-node-");

    private FakeApiServer(bool tls)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            if (tls)
            {
                listen.UseHttps(Certificate());
            }
        }));
        _app = builder.Build();
        _app.MapGet("/api/v1/nodes/{name}", AnswerAsync);
        File.WriteAllText(Path.Combine(_folder.FullName, "token"), Token + "\n");
    }

    /// <summary>The Node, or what stands in its place.</summary>
    public string Node { get; set; } = "{}";

    /// <summary>Answered instead of the Node; 0: the Node.</summary>
    public int Status { get; set; }

    public int Asked { get; private set; }

    /// <summary>What an edge on that Node has in its settings.</summary>
    public (string Key, string? Value)[] Settings =>
    [
        ("Edge:Kubernetes:NodeName", NodeName), ("Edge:Kubernetes:Api", _app.Urls.Single()), ("Edge:Kubernetes:Credentials", _folder.FullName),
    ];

    public static async Task<FakeApiServer> StartAsync(bool tls = false)
    {
        FakeApiServer server = new(tls);
        await server._app.StartAsync(TestContext.Current.CancellationToken);
        return server;
    }

    /// <summary>A Node with an annotation and addresses.</summary>
    public static string NodeOf(string? annotation, params (string Type, string Address)[] addresses)
    {
        Dictionary<string, string> annotations = new() { ["other"] = "1" };
        if (annotation is not null)
        {
            annotations["turnpike.dev/public-addresses"] = annotation;
        }
        return JsonSerializer.Serialize(new
        {
            kind = "Node",
            metadata = new { name = NodeName, annotations },
            status = new { addresses = addresses.Select(entry => new { type = entry.Type, address = entry.Address }) },
        });
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    // Signed by itself, so that it is its own issuer.
    private X509Certificate2 Certificate()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=api", key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch.AddYears(50), DateTimeOffset.UnixEpoch.AddYears(90));
        File.WriteAllText(Path.Combine(_folder.FullName, "ca.crt"), certificate.ExportCertificatePem());
        return certificate;
    }

    private async Task AnswerAsync(HttpContext context, string name)
    {
        Asked++;
        bool mayRead = context.Request.Headers.Authorization == $"Bearer {Token}" && name == NodeName;
        context.Response.StatusCode = mayRead ? Status == 0 ? 200 : Status : 403;
        if (context.Response.StatusCode == 200)
        {
            await context.Response.WriteAsync(Node, context.RequestAborted);
        }
    }
}
