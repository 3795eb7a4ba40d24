using Grpc.Core;
using Turnpike.Contracts.V1;

namespace Turnpike.ControlPlane.Tests.Authorization;

public sealed class CallerTests : ControlPlaneTest
{
    protected override string[] Settings => ["--ControlPlane:CallsPerSecond=4", "--ControlPlane:BrowserKeyCallsPerMinute=3"];

    [Fact]
    public async Task A_browser_key_works_from_its_pages_alone()
    {
        Assert.NotEqual(StatusCode.PermissionDenied, await IssueAsync(Tokens.Browser, Tokens.Origin));
        Assert.Equal(StatusCode.PermissionDenied, await IssueAsync(Tokens.Browser, "https://evil.example.com"));
        Assert.Equal(StatusCode.PermissionDenied, await IssueAsync(Tokens.Browser, null));
    }

    [Fact]
    public async Task A_browser_key_is_slow_and_says_when_to_come_back()
    {
        for (int call = 0; call < 3; call++)
        {
            Assert.NotEqual(StatusCode.ResourceExhausted, await IssueAsync(Tokens.Browser, Tokens.Origin));
        }

        Assert.Equal(StatusCode.ResourceExhausted, await IssueAsync(Tokens.Browser, Tokens.Origin));
        Assert.NotEqual(StatusCode.ResourceExhausted, await IssueAsync(Tokens.Issuer, null));
    }

    [Fact]
    public async Task A_caller_that_calls_too_often_is_held_up_and_no_other()
    {
        StatusCode[] codes = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => ListAsync(Tokens.Operator)));

        Assert.Contains(StatusCode.ResourceExhausted, codes);
        Assert.Contains(StatusCode.OK, codes);
        Assert.Equal(StatusCode.OK, await ListAsync(Tokens.Viewer));
    }

    [Fact]
    public async Task Guessing_tokens_is_slow()
    {
        StatusCode[] codes = await Task.WhenAll(Enumerable.Range(0, 60).Select(number => ListAsync($"guess-{number}")));

        Assert.Contains(StatusCode.ResourceExhausted, codes);
        Assert.DoesNotContain(StatusCode.OK, codes);
        Assert.Equal(StatusCode.OK, await ListAsync(Tokens.Viewer));
    }

    private Task<StatusCode> IssueAsync(string token, string? origin) => CodeAsync(async () =>
        await new CredentialService.CredentialServiceClient(Plane.Invoker(token, origin)).IssueCredentialAsync(new IssueCredentialRequest(), cancellationToken: Cancellation));

    private Task<StatusCode> ListAsync(string token) => CodeAsync(async () =>
        await Plane.RealmService(token).ListRealmsAsync(new ListRealmsRequest(), cancellationToken: Cancellation));

    private static async Task<StatusCode> CodeAsync(Func<Task> call)
    {
        try
        {
            await call();
            return StatusCode.OK;
        }
        catch (RpcException problem)
        {
            return problem.StatusCode;
        }
    }
}
