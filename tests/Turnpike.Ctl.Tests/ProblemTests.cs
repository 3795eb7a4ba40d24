using System.Net;
using System.Net.Sockets;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Turnpike.Contracts.V1;
using Turnpike.Ctl.Tests.Kit;

namespace Turnpike.Ctl.Tests;

/// <summary>A call that fails is told in one line, and ends with exit code 1.</summary>
public sealed class ProblemTests
{
    [Fact]
    public async Task Wrong_fields_are_named()
    {
        BadRequest details = new()
        {
            FieldViolations =
            {
                new BadRequest.Types.FieldViolation { Field = "ttl", Description = "-5 s; allowed: 1 s and more" },
                new BadRequest.Types.FieldViolation { Field = "tag", Description = "too long" },
            },
        };
        Assert.Equal("ttl: -5 s; allowed: 1 s and more; tag: too long", await ProblemOf(Code.InvalidArgument, "Two fields are wrong.", details));
    }

    [Fact]
    public async Task The_reason_and_the_time_to_try_again_are_told()
    {
        Assert.Equal(
            "No edge is ready (NO_EDGE); try again in 1.5 s",
            await ProblemOf(Code.Unavailable, "No edge is ready.", new ErrorInfo { Reason = "NO_EDGE", Domain = "turnpike" }, new RetryInfo { RetryDelay = Duration.FromTimeSpan(TimeSpan.FromSeconds(1.5)) }));
    }

    [Fact]
    public async Task A_message_alone_is_told_as_it_is() =>
        Assert.Equal("There is no realm acme", await ProblemOf(Code.NotFound, "There is no realm acme.", new ResourceInfo { ResourceType = "realm", ResourceName = "acme" }));

    [Fact]
    public async Task Details_that_are_not_known_do_no_harm() =>
        Assert.Equal("Too bad", await ProblemOf(Code.Aborted, "Too bad.", new Duration()));

    [Fact]
    public async Task A_message_cannot_draw_on_the_terminal() =>
        Assert.Equal("a\uFFFD[2Jb c", await ProblemOf(Code.NotFound, "a\e[2Jb\nc"));

    [Fact]
    public async Task A_status_without_details_is_told_with_its_code()
    {
        await using FakeControlPlane server = await FakeControlPlane.StartAsync();
        server.On<IssueCredentialRequest>(_ => throw new RpcException(new Grpc.Core.Status(StatusCode.DataLoss, "Gone.")));
        CtlRun program = new();
        Assert.Equal(1, await program.RunAsync(server, "issue"));
        Assert.Equal("Gone (DataLoss)", program.Problem());
    }

    [Fact]
    public async Task Who_has_no_token_hears_how_to_give_one()
    {
        Assert.EndsWith("give a token with TURNPIKE_TOKEN, --token-file or --token", await ProblemOf(Code.Unauthenticated, "Who are you?"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_named()
    {
        using TcpListener port = new(IPAddress.Loopback, 0);
        port.Start();
        string address = $"http://{port.LocalEndpoint}";
        port.Stop();
        foreach (string command in (string[])["issue", "realms list", "events", "events --follow", "top -o json"])
        {
            CtlRun program = new();
            Assert.Equal(1, await program.RunAsync([.. command.Split(' '), "--server", address]));
            string problem = program.Problem();
            Assert.Contains(address, problem, StringComparison.Ordinal);
            Assert.Contains("Connection refused", problem, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public async Task A_server_that_does_not_answer_is_given_up()
    {
        using TcpListener silent = new(IPAddress.Loopback, 0);
        silent.Start();
        foreach (string command in (string[])["issue", "events"])
        {
            CtlRun program = new();
            Assert.Equal(1, await program.RunAsync([.. command.Split(' '), "--server", $"http://{silent.LocalEndpoint}", "--timeout", "300ms"]));
            Assert.Contains("has not answered within 0.3 s", program.Problem(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_call_that_the_server_does_not_know_is_told()
    {
        await using FakeControlPlane server = await FakeControlPlane.StartAsync();
        CtlRun program = new();
        Assert.Equal(1, await program.RunAsync(server, "issue"));
        Assert.Contains("does not know this call", program.Problem(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_speaks_something_else_is_told_in_one_line()
    {
        using TcpListener other = new(IPAddress.Loopback, 0);
        other.Start();
        using CancellationTokenSource enough = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        Task answering = AnswerAsync(other, enough.Token);
        CtlRun program = new();
        Assert.Equal(1, await program.RunAsync(["issue", "--server", $"http://{other.LocalEndpoint}", "--timeout", "5s"]));
        Assert.Contains("cannot talk to", program.Problem(), StringComparison.Ordinal);
        await enough.CancelAsync();
        await answering;
    }

    [Fact]
    public async Task An_interrupted_call_says_so()
    {
        using TcpListener silent = new(IPAddress.Loopback, 0);
        silent.Start();
        using CancellationTokenSource interrupt = new();
        CtlRun program = new();
        Task<int> run = program.RunAsync(["issue", "--server", $"http://{silent.LocalEndpoint}"], interrupt.Token);
        using TcpClient called = await silent.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
        await interrupt.CancelAsync();
        Assert.Equal(1, await run);
        Assert.Equal("interrupted", program.Problem());
    }

    // Clients try more than once.
    private static async Task AnswerAsync(TcpListener listener, CancellationToken cancellation)
    {
        byte[] refusal = [.. "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8];
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                using TcpClient client = await listener.AcceptTcpClientAsync(cancellation);
                await client.GetStream().WriteAsync(refusal, cancellation);
            }
            catch (Exception problem) when (problem is OperationCanceledException or IOException)
            {
                // The test is over, or this client has gone.
            }
        }
    }

    private static async Task<string> ProblemOf(Code code, string message, params IMessage[] details)
    {
        await using FakeControlPlane server = await FakeControlPlane.StartAsync();
        server.On<IssueCredentialRequest>(_ =>
            throw new Google.Rpc.Status { Code = (int)code, Message = message, Details = { details.Select(Any.Pack) } }.ToRpcException());
        CtlRun program = new();
        Assert.Equal(1, await program.RunAsync(server, "issue", "--output", "json"));
        return program.Problem();
    }
}
