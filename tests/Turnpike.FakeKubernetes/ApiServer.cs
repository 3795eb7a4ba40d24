using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Turnpike.FakeKubernetes;

/// <summary>
/// An API server over HTTP on a loopback port of the system's choice. What it answers is what the real one answers; what goes wrong is told by
/// the test, for each request.
/// </summary>
public sealed class ApiServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ObjectHandler _objects;
    private readonly WatchHandler _watches;
    private int _underWay;

    private ApiServer(WebApplication app)
    {
        _app = app;
        _objects = new ObjectHandler(Storage);
        _watches = new WatchHandler(Storage);
    }

    public Storage Storage { get; } = new();

    /// <summary>Where it is.</summary>
    public Uri Url => new(_app.Urls.Single());

    /// <summary>Whether KEDA's definitions are there.</summary>
    public bool HasKeda { get; set; }

    /// <summary>What goes wrong with a request; null: nothing.</summary>
    public Func<ApiRequest, Fault?> Faults { get; set; } = static _ => null;

    /// <summary>What may be done; what may not is answered as RBAC does.</summary>
    public Func<ApiRequest, bool> Allows { get; set; } = static _ => true;

    /// <summary>Every request, in the order in which they came.</summary>
    public ConcurrentQueue<ApiRequest> Requests { get; } = [];

    /// <summary>Requests under way, watches aside.</summary>
    public int UnderWay => Volatile.Read(ref _underWay);

    /// <summary>What watches do beside telling.</summary>
    public WatchHandler Watches => _watches;

    private IReadOnlyCollection<Kind> Kinds => HasKeda ? [.. Kind.BuiltIn, Kind.ScaledObjects] : Kind.BuiltIn;

    public static async Task<ApiServer> StartAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        WebApplication app = builder.Build();
        ApiServer server = new(app);
        app.Run(server.AnswerAsync);
        await app.StartAsync();
        return server;
    }

    /// <summary>A file for KUBECONFIG, with the name of a user as its token.</summary>
    public string KubeConfig(string ns, string user = "scaler") => $$"""
        apiVersion: v1
        kind: Config
        current-context: fake
        clusters: [{ name: fake, cluster: { server: "{{Url.GetLeftPart(UriPartial.Authority)}}" } }]
        users: [{ name: fake, user: { token: "{{user}}" } }]
        contexts: [{ name: fake, context: { cluster: fake, user: fake, namespace: "{{ns}}" } }]
        """;

    public async ValueTask DisposeAsync()
    {
        _watches.Break();
        await _app.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        ApiRequest? request = ApiRequest.Read(context.Request, Kinds);
        int counted = request?.Verb == "watch" ? 0 : 1;
        Interlocked.Add(ref _underWay, counted);
        try
        {
            if (request is null)
            {
                throw new StatusException(404, "NotFound", "the server could not find the requested resource");
            }
            Requests.Enqueue(request);
            Fault? fault = Faults(request);
            if (!await BeforeAsync(fault, context))
            {
                return;
            }
            Authorize(request);
            if (request.Verb == "watch")
            {
                await _watches.AnswerAsync(request, context);
                return;
            }
            JsonObject answer = await _objects.AnswerAsync(request, context.Request);
            if (fault is Fault.ResetFault)
            {
                context.Abort();
                return;
            }
            context.Response.StatusCode = request.Verb == "create" ? 201 : 200;
            await WriteAsync(context, answer);
        }
        catch (StatusException status)
        {
            context.Response.StatusCode = status.Code;
            if (status.RetryAfterSeconds is int seconds)
            {
                context.Response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
            }
            await WriteAsync(context, status.ToStatus());
        }
        finally
        {
            Interlocked.Add(ref _underWay, -counted);
        }
    }

    private static async Task<bool> BeforeAsync(Fault? fault, HttpContext context)
    {
        switch (fault)
        {
            case Fault.ResetFault { After: false }:
                context.Abort();
                return false;
            case Fault.HangFault:
                await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(static _ => { }, TaskScheduler.Default);
                return false;
            case Fault.AnswerFault answer:
                throw answer.Status;
            case Fault.LateFault late:
                await Task.Delay(late.Delay, context.RequestAborted);
                return true;
            default:
                return true;
        }
    }

    private void Authorize(ApiRequest request)
    {
        if (!Allows(request))
        {
            string group = request.Kind.Group;
            string place = request.Namespace.Length > 0 ? $"in the namespace \"{request.Namespace}\"" : "at the cluster scope";
            string what = request.Name.Length > 0 ? $"{request.Kind.Resource} \"{request.Name}\"" : request.Kind.Resource;
            throw new StatusException(403, "Forbidden",
                $"{what} is forbidden: User \"{request.User}\" cannot {request.Verb} resource \"{request.Resource}\" in API group \"{group}\" {place}");
        }
    }

    private static async Task WriteAsync(HttpContext context, JsonObject body)
    {
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(body.ToJsonString(), context.RequestAborted);
    }
}
