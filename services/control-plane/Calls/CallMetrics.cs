using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Runtime.CompilerServices;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Http.Features;
using Tag = System.Collections.Generic.KeyValuePair<string, object?>;

namespace Turnpike.ControlPlane.Calls;

/// <summary>
/// Counts every call, whether it comes as gRPC, gRPC-Web or REST: outside of what gRPC does itself, so that messages that cannot be read
/// and methods that do not exist are counted too, and inside of gRPC-Web, whose trailers it reads.
/// </summary>
internal sealed class CallMetrics
{
    private const string StatusHeader = "grpc-status";

    // Seconds: an answer from memory, one from the store, and one that is too late for anybody.
    private static readonly double[] Durations = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    /// <summary>What callers made up has one name, however many names they made up.</summary>
    private static readonly CallName Unknown = new("unknown", "unknown", IsStream: false);

    private static readonly object OutcomeKey = new();

    private readonly Counter<long> _requests;
    private readonly Histogram<double> _duration;
    private readonly LimitMetrics _limits;
    private readonly TimeProvider _time;
    private readonly Lazy<ConcurrentDictionary<CallName, StrongBox<long>>> _streams;

    public CallMetrics(IMeterFactory meters, LimitMetrics limits, EndpointDataSource endpoints, TimeProvider time)
    {
        (_limits, _time) = (limits, time);
        Meter meter = meters.Create("Turnpike.ControlPlane");
        _requests = meter.CreateCounter<long>(
            "turnpike.control_plane.requests", unit: null, "Calls that have ended, over gRPC, gRPC-Web and REST, by service, method and gRPC code");
        _duration = meter.CreateHistogram(
            "turnpike.control_plane.request_duration_seconds",
            unit: null,
            "Time that calls took which are no streams, by service and method",
            tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = Durations });
        // The methods are mapped when the application is complete.
        _streams = new(() => new(endpoints.Endpoints.Select(NameOf).OfType<CallName>().Where(name => name.IsStream).Distinct()
            .Select(name => KeyValuePair.Create(name, new StrongBox<long>()))));
        meter.CreateObservableGauge(
            "turnpike.control_plane.streams",
            () => _streams.Value.Select(stream => new Measurement<long>(
                Interlocked.Read(ref stream.Value.Value), new Tag("service", stream.Key.Service), new Tag("method", stream.Key.Method))),
            description: "Streams that are open now, by service and method");
    }

    /// <summary>Notes how a call has ended, where what is sent does not say so: REST has fewer statuses than gRPC.</summary>
    public static void Note(HttpContext context, StatusCode outcome) => context.Items[OutcomeKey] = outcome;

    /// <summary>Lets a call through and counts it.</summary>
    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        bool isGrpc = context.Request.ContentType?.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) is true;
        CallName? name = context.GetEndpoint() is { } endpoint ? NameOf(endpoint) : null;
        if (name is null && !isGrpc && !IsApi(context.Request.Path))
        {
            await next(context); // Pages, probes, metrics.
            return;
        }
        name ??= Unknown;
        StrongBox<long>? stream = name.IsStream ? _streams.Value.GetValueOrDefault(name) : null;
        long began = _time.GetTimestamp();
        _ = stream is null ? 0 : Interlocked.Increment(ref stream.Value);
        bool failed = true;
        try
        {
            await next(context);
            failed = false;
        }
        finally
        {
            _ = stream is null ? 0 : Interlocked.Decrement(ref stream.Value);
            Count(context, name, failed ? StatusCode.Unknown : OutcomeOf(context), _time.GetElapsedTime(began));
        }
    }

    private void Count(HttpContext context, CallName name, StatusCode outcome, TimeSpan took)
    {
        _requests.Add(1, new Tag("service", name.Service), new Tag("method", name.Method), new Tag("code", $"{outcome}"));
        if (!name.IsStream)
        {
            _duration.Record(took.TotalSeconds, new Tag("service", name.Service), new Tag("method", name.Method));
        }
        // Whatever else is too much is refused by code of ours, which has noted it.
        if (outcome == StatusCode.ResourceExhausted && !context.Items.ContainsKey(OutcomeKey))
        {
            _limits.Hit(Limit.MessageSize);
        }
    }

    private static StatusCode OutcomeOf(HttpContext context)
    {
        if (context.Items[OutcomeKey] is StatusCode noted)
        {
            return noted;
        }
        string? text = context.Response.Headers[StatusHeader];
        text ??= context.Features.Get<IHttpResponseTrailersFeature>()?.Trailers is { } trailers ? trailers[StatusHeader].ToString() : null;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int code) && Enum.IsDefined((StatusCode)code))
        {
            return (StatusCode)code;
        }
        return context.RequestAborted.IsCancellationRequested ? StatusCode.Cancelled : OfHttp(context.Response.StatusCode);
    }

    private static StatusCode OfHttp(int status) => status switch
    {
        < 400 => StatusCode.OK,
        StatusCodes.Status401Unauthorized => StatusCode.Unauthenticated,
        StatusCodes.Status403Forbidden => StatusCode.PermissionDenied,
        StatusCodes.Status404NotFound => StatusCode.NotFound,
        StatusCodes.Status405MethodNotAllowed or StatusCodes.Status415UnsupportedMediaType => StatusCode.Unimplemented,
        StatusCodes.Status409Conflict => StatusCode.Aborted,
        StatusCodes.Status413PayloadTooLarge or StatusCodes.Status429TooManyRequests => StatusCode.ResourceExhausted,
        < 500 => StatusCode.InvalidArgument,
        StatusCodes.Status501NotImplemented => StatusCode.Unimplemented,
        StatusCodes.Status503ServiceUnavailable => StatusCode.Unavailable,
        StatusCodes.Status504GatewayTimeout => StatusCode.DeadlineExceeded,
        _ => StatusCode.Internal,
    };

    private static bool IsApi(PathString path) => path.StartsWithSegments("/v1", StringComparison.Ordinal);

    private static CallName? NameOf(Endpoint endpoint) =>
        endpoint.Metadata.GetMetadata<CallName>()
        ?? (endpoint.Metadata.GetMetadata<GrpcMethodMetadata>() is { Method: var method }
            ? new CallName(method.ServiceName, method.Name, method.Type != MethodType.Unary)
            : null);
}

/// <summary>What a call is counted as. Endpoints that are no gRPC methods and are counted have one among their metadata.</summary>
internal sealed record CallName(string Service, string Method, bool IsStream);
