using System.Diagnostics;
using System.Globalization;
using Grpc.AspNetCore.Server;
using Turnpike.ControlPlane.Rest;

namespace Turnpike.ControlPlane.Tracing;

/// <summary>
/// The span of each call, whichever way it came: gRPC, gRPC-Web or REST. It belongs to the caller's trace where the call says so (W3C
/// traceparent). Its attributes are those of OpenTelemetry's conventions for RPC and HTTP, without the ones that name a user, an address or a
/// credential: the path, the query and the peer.
/// </summary>
internal sealed class CallTracer : IDisposable
{
    public const string SourceName = "Turnpike.ControlPlane";

    /// <summary>As numbers, gRPC's.</summary>
    internal const string StatusCode = "rpc.grpc.status_code";

    private const string StatusHeader = "grpc-status";

    // W3C Trace Context section 3.3.1.5: what is longer need not be passed on. It is kept in every span, and anybody may send it.
    private const int MaxState = 512;

    /// <summary>Where the spans come from.</summary>
    public ActivitySource Source { get; } = new(SourceName);

    /// <summary>Makes a request's span and has the request served within it. What is no call of the API has none.</summary>
    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        if (context.GetEndpoint() is not RouteEndpoint endpoint || NameOf(context, endpoint, out GrpcMethodMetadata? method) is not string name)
        {
            await next(context);
            return;
        }
        // The server's own activity is exported by nobody: it must not stand between the caller and the call.
        Activity.Current = null;
        using Activity? span = Source.StartActivity(name, ActivityKind.Server, CallerOf(context.Request.Headers));
        if (span is not { IsAllDataRequested: true })
        {
            await next(context);
            return;
        }
        if (method is not null)
        {
            span.SetTag("rpc.system", "grpc").SetTag("rpc.service", method.Method.ServiceName).SetTag("rpc.method", method.Method.Name);
        }
        try
        {
            await next(context);
        }
        finally
        {
            Finish(span, context, endpoint);
        }
    }

    public void Dispose() => Source.Dispose();

    /// <summary>The span's name, and the method where there is one; null for what nobody wants to trace: probes, reflection, pages.</summary>
    private static string? NameOf(HttpContext context, RouteEndpoint endpoint, out GrpcMethodMetadata? method)
    {
        method = endpoint.Metadata.GetMetadata<GrpcMethodMetadata>();
        return method is null
            ? endpoint.RoutePattern.RawText == TurnRest.Path ? $"{context.Request.Method} {TurnRest.Path}" : null
            : method.Method.ServiceName.StartsWith("grpc.", StringComparison.Ordinal) ? null : method.Method.FullName.TrimStart('/');
    }

    private static ActivityContext CallerOf(IHeaderDictionary headers) =>
        ActivityContext.TryParse(headers.TraceParent, headers.TraceState is [{ Length: <= MaxState } state] ? state : null, isRemote: true, out ActivityContext caller) ? caller : default;

    private static void Finish(Activity span, HttpContext context, RouteEndpoint endpoint)
    {
        if (context.Request.ContentType?.StartsWith("application/grpc", StringComparison.Ordinal) == true)
        {
            // Set already where the call came as far as the method; a message that cannot be read does not.
            if (span.GetTagItem(StatusCode) is null
                && int.TryParse(context.Response.Headers[StatusHeader], NumberStyles.None, CultureInfo.InvariantCulture, out int code))
            {
                span.SetTag(StatusCode, code);
            }
            return;
        }
        int status = context.Response.StatusCode;
        span.SetTag("http.request.method", context.Request.Method)
            .SetTag("http.route", endpoint.RoutePattern.RawText)
            .SetTag("url.scheme", context.Request.Scheme)
            .SetTag("http.response.status_code", status);
        if (status >= StatusCodes.Status500InternalServerError)
        {
            span.SetStatus(ActivityStatusCode.Error);
        }
    }
}
