using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Turnpike.Contracts.Keda;
using Turnpike.Contracts.V1;
using Turnpike.ControlPlane.Authorization;

namespace Turnpike.ControlPlane.Tests.Authorization;

/// <summary>Every method of the API, called by everybody: refused or let in as the table says.</summary>
public sealed class MatrixTests(MatrixPlane shared) : IClassFixture<MatrixPlane>
{
    private static readonly ServiceDescriptor[] Services =
    [
        CredentialService.Descriptor, RealmService.Descriptor, UsageService.Descriptor, FleetService.Descriptor, WebhookService.Descriptor,
        ScalingService.Descriptor,
        ExternalScaler.Descriptor,
    ];

    /// <summary>Who is let in, of: issuer of the realm, issuer of another, viewer, viewer of another realm, operator, operator of another realm, browser key.</summary>
    private static readonly Dictionary<string, string> Allowed = new()
    {
        ["IssueCredential"] = "I---O-B",
        ["RevokeCredentials"] = "I---O--",
        ["ListRevocations"] = "--VvOo-",
        ["DeleteRevocation"] = "Ii--Oo-",
        ["GetRealm"] = "--V-O--",
        ["ListRealms"] = "--VvOo-",
        ["CreateRealm"] = "----O--",
        ["UpdateRealm"] = "----O--",
        ["DeleteRealm"] = "----O--",
        ["AddSecret"] = "----O--",
        ["RetireSecret"] = "----O--",
        ["ListUsers"] = "--V-O--",
        ["PutUser"] = "----O--",
        ["DeleteUser"] = "----O--",
        ["QueryUsage"] = "I-V-O--",
        ["StreamEvents"] = "I-V-O--",
        ["ListEdges"] = "--VvOo-",
        ["WatchEdges"] = "--VvOo-",
        ["ListAllocations"] = "--VvOo-",
        ["DrainEdge"] = "----O--",
        ["UndrainEdge"] = "----O--",
        ["TerminateAllocations"] = "----O--",
        ["CreateWebhook"] = "----O--",
        ["GetWebhook"] = "----O--",
        ["ListWebhooks"] = "----O--",
        ["UpdateWebhook"] = "----O--",
        ["DeleteWebhook"] = "----O--",
        ["RotateWebhookSecret"] = "----O--",
        ["TestWebhook"] = "----O--",
        ["GetScalingPolicy"] = "--VvOo-",
        ["ExplainScaling"] = "--VvOo-",
        ["ListDecisions"] = "--VvOo-",
        ["WatchDecisions"] = "--VvOo-",
        ["IsActive"] = "--VvOo-",
        ["StreamIsActive"] = "--VvOo-",
        ["GetMetricSpec"] = "--VvOo-",
        ["GetMetrics"] = "--VvOo-",
    };

    private static readonly string[] Callers =
    [
        Tokens.Issuer, Tokens.OtherIssuer, Tokens.Viewer, Tokens.OtherViewer, Tokens.Operator, Tokens.OtherOperator, Tokens.Browser,
    ];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<string> Methods() => [.. Services.SelectMany(service => service.Methods).Select(method => method.Name)];

    [Theory]
    [MemberData(nameof(Methods))]
    public async Task Each_caller_is_let_in_or_refused_as_the_table_says(string name)
    {
        MethodDescriptor method = Services.SelectMany(service => service.Methods).Single(method => method.Name == name);
        string actual = "";
        for (int caller = 0; caller < Callers.Length; caller++)
        {
            StatusCode code = await CallAsync(method, Callers[caller]);
            Assert.NotEqual(StatusCode.Unauthenticated, code);
            actual += code == StatusCode.PermissionDenied ? '-' : "IiVvOoB"[caller];
        }

        Assert.Equal(Allowed[name], actual);
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public async Task Nobody_is_let_in_without_a_token_or_with_a_wrong_one(string name)
    {
        MethodDescriptor method = Services.SelectMany(service => service.Methods).Single(method => method.Name == name);

        Assert.Equal(StatusCode.Unauthenticated, await FailAsync(method, null));
        Assert.Equal(StatusCode.Unauthenticated, await FailAsync(method, Tokens.Operator + "x"));
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void Every_method_has_a_policy(string name)
    {
        MethodDescriptor method = Services.SelectMany(service => service.Methods).Single(method => method.Name == name);

        Assert.NotNull(MethodPolicy.For($"/{method.Service.FullName}/{method.Name}"));
    }

    [Fact]
    public async Task A_method_that_has_no_policy_is_nobodys()
    {
        Assert.Null(MethodPolicy.For("/turnpike.v1.RealmService/Nonsense"));
        await Refused.WithAsync(StatusCode.Unimplemented, async () => await shared.Plane.Invoker().AsyncUnaryCall(
            Raw("turnpike.v1.RealmService", "Nonsense"), null, new CallOptions(cancellationToken: Cancellation), []));
    }

    // One address may fail a few times a second; beyond that it is told to come again.
    private async Task<StatusCode> FailAsync(MethodDescriptor method, string? token)
    {
        StatusCode code = StatusCode.ResourceExhausted;
        await Until.TrueAsync("an answer", async () => (code = await CallAsync(method, token)) != StatusCode.ResourceExhausted);
        return code;
    }

    private async Task<StatusCode> CallAsync(MethodDescriptor method, string? token)
    {
        using CancellationTokenSource enough = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        CallInvoker invoker = shared.Plane.Invoker(token, token == Tokens.Browser ? Tokens.Origin : null);
        CallOptions options = new(cancellationToken: enough.Token);
        byte[] request = Request(method).ToByteArray();
        try
        {
            if (!method.IsServerStreaming)
            {
                await invoker.AsyncUnaryCall(Raw(method.Service.FullName, method.Name), null, options, request);
                return StatusCode.OK;
            }
            using AsyncServerStreamingCall<byte[]> stream = invoker.AsyncServerStreamingCall(Raw(method.Service.FullName, method.Name, MethodType.ServerStreaming), null, options, request);
            Task<bool> first = stream.ResponseStream.MoveNext(enough.Token);
            // A stream that is let in may have nothing to say; one that is refused ends at once.
            if (await Task.WhenAny(first, Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, enough.Token)) != first)
            {
                await enough.CancelAsync();
            }
            await first;
            return StatusCode.OK;
        }
        catch (RpcException problem)
        {
            return problem.StatusCode;
        }
    }

    // About the default realm where the method is about one; otherwise about things that are not there.
    private static IMessage Request(MethodDescriptor method)
    {
        IMessage request = method.InputType.Parser.ParseFrom(ByteString.Empty);
        Set("parent", method.Service == FleetService.Descriptor ? "edges/none" : "realms/turnpike");
        Set("name", method.Name switch
        {
            "DeleteRevocation" => "revocations/none",
            "RetireSecret" => "realms/turnpike/secrets/none",
            "PutUser" or "DeleteUser" => "realms/turnpike/users/none",
            "DrainEdge" or "UndrainEdge" => "edges/none",
            _ when method.Service == WebhookService.Descriptor => "realms/turnpike/webhooks/none",
            _ => "realms/turnpike",
        });
        Set("realm_id", "turnpike");
        // Of an earlier version, so that the realm is there for the next caller.
        if (request is DeleteRealmRequest delete)
        {
            delete.Etag = "0";
        }
        if (request is UpdateRealmRequest update)
        {
            update.Realm = new Realm { Name = "realms/turnpike", Etag = "0" };
        }
        if (request is UpdateWebhookRequest webhook)
        {
            webhook.Webhook = new Webhook { Name = "realms/turnpike/webhooks/none" };
        }
        return request;

        void Set(string field, string value) => method.InputType.FindFieldByName(field)?.Accessor.SetValue(request, value);
    }

    private static Method<byte[], byte[]> Raw(string service, string method, MethodType type = MethodType.Unary) => new(
        type, service, method, Marshallers.Create(bytes => bytes, bytes => bytes), Marshallers.Create(bytes => bytes, bytes => bytes));
}

/// <summary>For all callers and methods: no call changes what the next one is told.</summary>
public sealed class MatrixPlane : ControlPlaneTest
{
    // The matrix calls more often than any person.
    protected override string[] Settings => ["--ControlPlane:CallsPerSecond=0", "--ControlPlane:BrowserKeyCallsPerMinute=1000"];
}
