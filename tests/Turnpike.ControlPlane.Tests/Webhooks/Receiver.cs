using System.Collections.Concurrent;
using System.Net;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Turnpike.Contracts.V1;

namespace Turnpike.ControlPlane.Tests.Webhooks;

/// <summary>A real receiver of webhooks on a loopback port: it keeps what comes and answers what the test says.</summary>
internal sealed class Receiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<Received> _all = [];
    private int _atOnce;
    private int _mostAtOnce;

    private Receiver()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        _app = builder.Build();
        _app.Map("{**path}", TakeAsync);
    }

    /// <summary>What each request is answered; 200 unless the test says something else.</summary>
    public Func<Received, HttpContext, Task> Answer { get; set; } = (_, _) => Task.CompletedTask;

    public Uri Address => new(_app.Urls.Single());

    /// <summary>What has come so far, in order.</summary>
    public IReadOnlyList<Received> All => [.. _all];

    /// <summary>The most requests that were under way at once.</summary>
    public int MostAtOnce => Volatile.Read(ref _mostAtOnce);

    /// <summary>The users of all events that were answered with 200, in order.</summary>
    public string[] Users => [.. All.Where(received => received.Status == 200).SelectMany(received => received.Payload.Events).Select(entry => entry.User)];

    public static async Task<Receiver> StartAsync()
    {
        Receiver receiver = new();
        await receiver._app.StartAsync(TestContext.Current.CancellationToken);
        return receiver;
    }

    /// <summary>Waits for a number of requests, answered or not.</summary>
    public async Task<IReadOnlyList<Received>> HasAsync(int count)
    {
        await Until.TrueAsync($"{count} deliveries, of which {_all.Count} have come", () => _all.Count >= count);
        return All;
    }

    /// <summary>Waits for the events of users.</summary>
    public Task HasUsersAsync(params string[] users) =>
        Until.TrueAsync($"the events of {string.Join(", ", users)}", () => users.All(Users.Contains));

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
    }

    private async Task TakeAsync(HttpContext context)
    {
        int now = Interlocked.Increment(ref _atOnce);
        InterlockedMax(ref _mostAtOnce, now);
        try
        {
            using StreamReader reader = new(context.Request.Body);
            Received received = new(
                context.Request.Headers["webhook-id"].ToString(), context.Request.Headers["webhook-timestamp"].ToString(),
                context.Request.Headers["webhook-signature"].ToString(), await reader.ReadToEndAsync(), context.Request.Headers.ContentType.ToString());
            _all.Enqueue(received);
            await Answer(received, context);
            received.Status = context.Response.StatusCode;
        }
        finally
        {
            Interlocked.Decrement(ref _atOnce);
        }
    }

    private static void InterlockedMax(ref int target, int value)
    {
        int seen;
        while ((seen = Volatile.Read(ref target)) < value && Interlocked.CompareExchange(ref target, value, seen) != seen)
        {
        }
    }
}

/// <summary>One request that came.</summary>
internal sealed record Received(string Id, string Timestamp, string Signature, string Body, string ContentType)
{
    /// <summary>What it was answered; 0: not yet.</summary>
    public int Status { get; set; }

    public WebhookPayload Payload => JsonParser.Default.Parse<WebhookPayload>(Body);

    public IEnumerable<string> Users => Payload.Events.Select(entry => entry.User);
}
