using System.Net;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Client.Web;
using Turnpike.Contracts.V1;
using Turnpike.ControlPlane.Interop.Fleet;
using Turnpike.ControlPlane.Interop.Kit;
using Turnpike.Interop.Clients;

namespace Turnpike.ControlPlane.Interop;

/// <summary>gRPC-Web over HTTP/1.1, as web pages speak it.</summary>
[Collection(ThreeEdges.Collection)]
public sealed class GrpcWebTests(ThreeEdges three)
{
    private static readonly Metadata Token = new() { { "authorization", $"Bearer {ControlPlaneServer.Token}" } };

    [Theory]
    [InlineData(GrpcWebMode.GrpcWeb)]
    [InlineData(GrpcWebMode.GrpcWebText)]
    public async Task A_call_a_stream_and_an_error_come_through(GrpcWebMode mode)
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        using GrpcChannel channel = GrpcChannel.ForAddress(three.Plane.Http, new GrpcChannelOptions
        {
            HttpHandler = new GrpcWebHandler(mode, new SocketsHttpHandler()),
            HttpVersion = HttpVersion.Version11,
            DisposeHttpClient = true,
        });
        IssueCredentialResponse issued = await new CredentialService.CredentialServiceClient(channel).IssueCredentialAsync(
            new IssueCredentialRequest { User = "web" }, Token, cancellationToken: cancellation);
        using TurnClient client = await ThreeEdges.AllocateAsync(three.Fleet.Edges[0], issued);
        await client.RefreshAsync(0);

        using AsyncServerStreamingCall<WatchEdgesResponse> watch = new FleetService.FleetServiceClient(channel).WatchEdges(
            new WatchEdgesRequest(), Token, cancellationToken: cancellation);
        for (int i = 0; i < 3; i++)
        {
            Assert.True(await watch.ResponseStream.MoveNext(cancellation));
        }

        RpcException refused = await Assert.ThrowsAsync<RpcException>(async () => await new RealmService.RealmServiceClient(channel).GetRealmAsync(
            new GetRealmRequest { Name = "realms/nowhere" }, Token, cancellationToken: cancellation));
        Assert.Equal(StatusCode.NotFound, refused.StatusCode);
    }
}
