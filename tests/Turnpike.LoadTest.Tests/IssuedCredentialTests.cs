using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using Turnpike.LoadTest.CommandLine;
using Turnpike.LoadTest.Measuring;
using Turnpike.LoadTest.Probe;
using Turnpike.LoadTest.Scenarios;
using Turnpike.LoadTest.Turn;

namespace Turnpike.LoadTest.Tests;

/// <summary>Credentials from an API that answers as a control plane does.</summary>
public sealed class IssuedCredentialTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch);
    private readonly HttpListener _listener;
    private readonly ConcurrentQueue<string> _questions = new();
    private readonly Uri _address;
    private readonly Task _answering;
    private volatile string _urls = "\"turn:127.0.0.1:3478?transport=udp\",\"turn:127.0.0.1:3479?transport=tcp\",\"turns:localhost?transport=tcp\"";
    private readonly TaskCompletionSource _released = new();
    private volatile int _status = 200;
    private volatile bool _isSilent;

    public IssuedCredentialTests()
    {
        (_listener, string prefix) = Bench.LoopbackListener.Start();
        _listener.IgnoreWriteExceptions = true; // whose asker gave up
        _address = new Uri(prefix);
        _answering = AnswerAsync();
    }

    public void Dispose()
    {
        _released.TrySetResult();
        _listener.Close();
        _answering.Wait(Patience);
    }

    [Theory]
    [InlineData("udp", "127.0.0.1:3478")]
    [InlineData("tcp", "127.0.0.1:3479")]
    [InlineData("tls", "localhost:5349")]
    public async Task The_API_names_the_server_of_the_transport(string transport, string server)
    {
        ScenarioOptions options = await ReadAsync("--transport", transport, "--realm", "rooms", "--seconds", "100");
        Assert.Equal(server, options.Target.Name);
        Assert.Equal("1:user", Encoding.UTF8.GetString(options.Credentials.Current.Username));
        Assert.True(_questions.TryDequeue(out string? question));
        Assert.Equal("""{"user":"loadtest","realm":"rooms","ttl":"3701s"}""", question); // a second of warm-up, and an hour for a late end
    }

    [Fact]
    public async Task A_server_that_is_given_is_the_one_that_is_used() =>
        Assert.Equal(IPEndPoint.Parse("127.0.0.1:9"), (await ReadAsync("--server", "127.0.0.1:9")).Target.Endpoint);

    [Fact]
    public async Task Another_credential_is_asked_for_before_the_first_ends_and_a_refusal_is_told()
    {
        var credentials = Assert.IsType<RenewedCredentials>((await ReadAsync("--seconds", "20000")).Credentials);
        _time.Advance(TimeSpan.FromSeconds(2399)); // of 3600
        Assert.Equal("1:user", Encoding.UTF8.GetString(credentials.Current.Username));
        await UntilAsync(() => Encoding.UTF8.GetString(credentials.Current.Username) == "2:user");
        Assert.Null(credentials.Problem);

        _status = 403;
        await UntilAsync(() => credentials.Problem is not null);
        Assert.Contains("403", credentials.Problem, StringComparison.Ordinal);
        Assert.Equal("2:user", Encoding.UTF8.GetString(credentials.Current.Username));
    }

    [Fact]
    public async Task An_API_that_does_not_answer_is_told_and_the_old_credential_stays()
    {
        _isSilent = true;
        var api = new IssuingApi(_address, "token", "loadtest", null, TimeSpan.Zero, null) { AnswerPatience = TimeSpan.FromMilliseconds(100) };
        var first = new IssuedCredential(ScriptedServer.Credential, [], _time.GetUtcNow().AddHours(1));
        var credentials = new RenewedCredentials(api, ClientTransport.Udp, first, _time, TestContext.Current.CancellationToken);
        await UntilAsync(() => credentials.Problem is not null);
        Assert.Contains("no answer within 0.1 s", credentials.Problem, StringComparison.Ordinal);
        Assert.Same(first.Credential, credentials.Current);
    }

    [Fact]
    public async Task Between_clients_a_run_ends_before_its_credential() => Assert.Contains(
        "--direction pairs", (await Assert.ThrowsAsync<UsageException>(() => ReadAsync("--seconds", "20000", "--direction", "pairs"))).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("1200", true)]
    [InlineData("1201", false)] // a third of an hour is what the current one has left at least
    public async Task An_allocation_that_is_not_made_anew_ends_before_its_credential(string hold, bool isTaken)
    {
        string[] arguments = ["--scenario", "churn", "--seconds", "20000", "--hold", hold];
        if (isTaken)
        {
            Assert.IsType<RenewedCredentials>((await ReadAsync(arguments)).Credentials);
            return;
        }

        string message = (await Assert.ThrowsAsync<UsageException>(() => ReadAsync(arguments))).Message;
        Assert.Contains("--hold 1201 is longer than the API's credentials last", message, StringComparison.Ordinal);
        Assert.Contains("of 3600 s, may have 1200 s left", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_hold_that_the_run_ends_is_no_matter_while_the_credential_outlasts_the_run() =>
        Assert.IsType<TurnCredential>((await ReadAsync("--scenario", "churn", "--seconds", "100", "--hold", "80000", "--churn", "0.1")).Credentials);

    [Theory]
    [InlineData("\"turn:no.such.host.invalid:3478\"", 200, "which does not resolve")]
    [InlineData("nonsense", 200, "not what a Turnpike answers")]
    [InlineData("\"turn:127.0.0.1:65536\"", 200, "not what a Turnpike answers")]
    [InlineData("\"turn:127.0.0.1:x\"", 200, "not what a Turnpike answers")]
    [InlineData("", 403, "403")]
    public async Task An_answer_that_is_of_no_use_is_told(string urls, int status, string problem)
    {
        (_urls, _status) = (urls, status);
        Assert.Contains(problem, (await Assert.ThrowsAsync<TurnRefusedException>(() => ReadAsync())).Message, StringComparison.Ordinal);
    }

    private Task<ScenarioOptions> ReadAsync(params string[] arguments) => ScenarioArguments.ReadAsync(
        ParsedOptions.Parse(
            ScenarioArguments.Known, [.. arguments.Contains("--scenario") ? [] : (string[])["--scenario", "voice"], "--api", _address.AbsoluteUri, .. arguments]),
        "token",
        _time,
        TestContext.Current.CancellationToken);

    /// <summary>Lets time pass until it is so: the task that waits may not have come to its next wait yet.</summary>
    private async Task UntilAsync(Func<bool> condition)
    {
        var clock = new MonotonicClock(TimeProvider.System);
        while (!condition())
        {
            Assert.True(clock.Now < Patience.TotalNanoseconds, "it did not come to be in time");
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }
    }

    private async Task AnswerAsync()
    {
        try
        {
            for (int number = 1; ; number++)
            {
                await AnswerAsync(await _listener.GetContextAsync(), number);
            }
        }
        catch (Exception closed) when (closed is HttpListenerException or ObjectDisposedException && !_listener.IsListening)
        {
            // The test is over; an answer that it has read already may still be closing.
        }
    }

    private async Task AnswerAsync(HttpListenerContext context, int number)
    {
        using var reader = new StreamReader(context.Request.InputStream);
        _questions.Enqueue(await reader.ReadToEndAsync());
        string end = _time.GetUtcNow().AddHours(1).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        string answer = $$"""
            {"iceServers":[{"urls":[{{_urls}}],"username":"{{number}}:user","credential":"x"}],"expireTime":"{{end}}"}
            """;
        if (_isSilent)
        {
            await _released.Task;
        }

        context.Response.StatusCode = _status;
        context.Response.Close(Encoding.UTF8.GetBytes(answer), willBlock: true);
    }
}
