using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Authentication;
using Turnpike.Cluster;
using Turnpike.ControlPlane.Options;

namespace Turnpike.ControlPlane.Webhooks;

/// <summary>Sends deliveries. What receivers write back is not read, but for the status and Retry-After.</summary>
internal sealed class WebhookSender : IDisposable
{
    private const int MaxHeaderKilobytes = 16;
    private const int MaxDrainedBytes = 16 * 1024;
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(1);

    // Names are looked up again, and addresses judged again, this often.
    private static readonly TimeSpan ConnectionLife = TimeSpan.FromMinutes(1);

    private readonly HttpClient _client;
    private readonly SemaphoreSlim _places;
    private readonly TimeProvider _time;
    private readonly WebhookMetrics _metrics;

    public WebhookSender(ControlPlaneSettings settings, ReceiverAddresses addresses, WebhookMetrics metrics, TimeProvider time)
    {
        _metrics = metrics;
        _time = time;
        _places = new SemaphoreSlim(settings.Options.Webhooks.Concurrency);
        Limit = TimeSpan.FromSeconds(settings.Options.Webhooks.Timeout);
        _client = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = addresses.ConnectAsync,
            ConnectTimeout = ConnectTimeout,
            PooledConnectionLifetime = ConnectionLife,
            PooledConnectionIdleTimeout = ConnectionLife,
            MaxResponseHeadersLength = MaxHeaderKilobytes,
            MaxResponseDrainSize = MaxDrainedBytes,
            ResponseDrainTimeout = DrainTimeout,
            AllowAutoRedirect = false,
            UseCookies = false,
            // A proxy would be told the name and make the connection, whatever the address.
            UseProxy = false,
            ActivityHeadersPropagator = null,
        })
        {
            Timeout = System.Threading.Timeout.InfiniteTimeSpan,
        };
        _client.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("Turnpike-Webhooks", "1"));
    }

    /// <summary>How long a receiver may take.</summary>
    public TimeSpan Limit { get; }

    /// <summary>Waits for a place among the deliveries that may be under way at once; to be disposed of behind the delivery.</summary>
    public async Task<IDisposable> EnterAsync(CancellationToken cancellation)
    {
        await _places.WaitAsync(cancellation);
        return new Place(_places);
    }

    /// <summary>Sends a body once. Whatever goes wrong is in the outcome.</summary>
    /// <param name="webhook">Where to.</param>
    /// <param name="id">The id of the delivery.</param>
    /// <param name="body">JSON.</param>
    /// <param name="limit">How long it may take.</param>
    /// <param name="cancellation">Ends it before.</param>
    /// <exception cref="OperationCanceledException">It was ended.</exception>
    public async Task<SendOutcome> SendAsync(WebhookRecord webhook, string id, byte[] body, TimeSpan limit, CancellationToken cancellation)
    {
        long started = _time.GetTimestamp();
        SendOutcome outcome = await TrySendAsync(webhook, id, body, limit, started, cancellation);
        _metrics.Count(outcome.Result);
        return outcome;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _client.Dispose();
        _places.Dispose();
    }

    private async Task<SendOutcome> TrySendAsync(
        WebhookRecord webhook, string id, byte[] body, TimeSpan limit, long started, CancellationToken cancellation)
    {
        using CancellationTokenSource late = new(limit, _time);
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(cancellation, late.Token);
        using HttpRequestMessage request = Request(webhook, id, body);
        try
        {
            using HttpResponseMessage response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, end.Token);
            return SendOutcome.Of((int)response.StatusCode, _time.GetElapsedTime(started), RetryAfter(response));
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            // The connection has a limit of its own, which ends in the same way.
            string failure = string.Create(CultureInfo.InvariantCulture, $"no answer within {_time.GetElapsedTime(started).TotalSeconds:0.#} s");
            return new SendOutcome(SendResult.Timeout, 0, failure, _time.GetElapsedTime(started), null);
        }
        catch (HttpRequestException problem)
        {
            SendResult result = problem.InnerException is AddressRefusedException ? SendResult.Blocked : SendResult.Unreachable;
            return new SendOutcome(result, 0, Words(problem), _time.GetElapsedTime(started), null);
        }
    }

    private HttpRequestMessage Request(WebhookRecord webhook, string id, byte[] body)
    {
        long now = _time.GetUtcNow().ToUnixTimeSeconds();
        HttpRequestMessage request = new(HttpMethod.Post, webhook.Url) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Add("webhook-id", id);
        request.Headers.Add("webhook-timestamp", now.ToString(CultureInfo.InvariantCulture));
        request.Headers.Add("webhook-signature", WebhookSignature.Sign(id, now, body, webhook.Secrets));
        return request;
    }

    private TimeSpan? RetryAfter(HttpResponseMessage response) => response.Headers.RetryAfter switch
    {
        { Delta: TimeSpan delta } => delta,
        { Date: DateTimeOffset date } => date - _time.GetUtcNow(),
        _ => null,
    };

    // What the runtime says of a failed connection has addresses in it, which are nobody's business.
    private static string Words(HttpRequestException problem) => problem switch
    {
        { InnerException: AddressRefusedException refused } => refused.Message,
        { InnerException: AuthenticationException } => "the receiver's certificate is not accepted, or there is no TLS",
        { HttpRequestError: HttpRequestError.NameResolutionError } => "the name has no address",
        { HttpRequestError: HttpRequestError.ConnectionError } => "no connection",
        _ => "the connection broke, or what came was no HTTP",
    };

    private sealed class Place(SemaphoreSlim places) : IDisposable
    {
        public void Dispose() => places.Release();
    }
}
