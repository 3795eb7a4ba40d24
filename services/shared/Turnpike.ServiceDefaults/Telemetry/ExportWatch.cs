using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace Turnpike.ServiceDefaults.Telemetry;

/// <summary>
/// The connections to the collector. The exporter keeps its failures to itself, so they are looked at here: the log says once that nothing
/// arrives any more, and once that it does again; and a metric says how it is now.
/// </summary>
internal sealed partial class ExportWatch
{
    private const string GrpcStatus = "grpc-status";

    // A collector may move behind its name.
    private static readonly TimeSpan ConnectionLifetime = TimeSpan.FromMinutes(5);

    private readonly ConcurrentQueue<Observer> _observers = [];
    private readonly ILogger<ExportWatch> _logger;

    /// <summary>Looks at what is exported.</summary>
    /// <param name="meters">The host's meters.</param>
    /// <param name="logger">Says what changes.</param>
    public ExportWatch(IMeterFactory meters, ILogger<ExportWatch> logger)
    {
        _logger = logger;
        meters.Create("Turnpike.Telemetry").CreateObservableGauge(
            "turnpike.telemetry.collector_available",
            () => _observers.Where(observer => observer.Arrives is not null).Select(observer => new Measurement<int>(
                observer.Arrives == true ? 1 : 0, new KeyValuePair<string, object?>("signal", observer.Signal))),
            description: "1 while the OTLP collector takes what is exported, else 0, by signal; absent before the first export");
    }

    /// <summary>What one exporter sends its requests with; it keeps it for good.</summary>
    /// <param name="signal">What it exports: <c>traces</c>.</param>
    /// <param name="target">The collector.</param>
    public HttpClient Connect(string signal, OtlpTarget target)
    {
        SocketsHttpHandler handler = new()
        {
            // A redirection would take the headers, and what is in them, elsewhere.
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = target.Timeout,
            PooledConnectionLifetime = ConnectionLifetime,
        };
        target.Certificates.Apply(handler.SslOptions);
        Observer observer = new(handler, signal, $"{target}", _logger);
        _observers.Enqueue(observer);
        return new HttpClient(observer) { Timeout = target.Timeout };
    }

    [LoggerMessage(EventId = 2200, Level = LogLevel.Information, Message = "The collector at {Endpoint} takes {Signal}")]
    private static partial void LogReached(ILogger logger, string signal, string endpoint);

    [LoggerMessage(EventId = 2201, Level = LogLevel.Warning,
        Message = "The collector at {Endpoint} does not take {Signal}: {Why}. What cannot be exported meanwhile is lost")]
    private static partial void LogLost(ILogger logger, string signal, string endpoint, string why);

    /// <summary>Looks at each answer of one exporter's; requests come one after the other.</summary>
    private sealed class Observer(HttpMessageHandler inner, string signal, string endpoint, ILogger logger) : DelegatingHandler(inner)
    {
        private volatile Standing _standing;

        public string Signal => signal;

        /// <summary>Whether the last request did; null before the first.</summary>
        public bool? Arrives => _standing == Standing.Unknown ? null : _standing == Standing.Arrives;

        protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            try
            {
                return Look(base.Send(request, cancellationToken));
            }
            catch (Exception problem) when (IsFailure(problem))
            {
                Note(Why(problem));
                throw;
            }
        }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            try
            {
                return Look(await base.SendAsync(request, cancellationToken).ConfigureAwait(false));
            }
            catch (Exception problem) when (IsFailure(problem))
            {
                Note(Why(problem));
                throw;
            }
        }

        private static bool IsFailure(Exception problem) => problem is HttpRequestException or OperationCanceledException or IOException;

        private static string Why(Exception problem) => problem switch
        {
            OperationCanceledException => "no answer in time",
            { InnerException: { } inner } => inner.GetBaseException().Message.TrimEnd('.'),
            _ => problem.Message.TrimEnd('.'),
        };

        // A server that refuses a call at once says so in the headers; one that refuses a part of it is no matter for the log.
        private HttpResponseMessage Look(HttpResponseMessage response)
        {
            string? status = response.Headers.TryGetValues(GrpcStatus, out IEnumerable<string>? values) ? values.FirstOrDefault() : null;
            Note(!response.IsSuccessStatusCode ? $"HTTP status {(int)response.StatusCode}" : status is null or "0" ? null : $"gRPC status {status}");
            return response;
        }

        private void Note(string? why)
        {
            bool arrives = why is null;
            if (Arrives == arrives)
            {
                return;
            }
            _standing = arrives ? Standing.Arrives : Standing.Lost;
            if (arrives)
            {
                LogReached(logger, signal, endpoint);
            }
            else
            {
                LogLost(logger, signal, endpoint, why!);
            }
        }
    }

    private enum Standing
    {
        Unknown,
        Arrives,
        Lost,
    }
}
