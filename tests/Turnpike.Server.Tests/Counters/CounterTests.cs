using Turnpike.Protocol;

namespace Turnpike.Server.Tests;

public class CounterTests
{
    private readonly TestServer _server = new();

    [Fact]
    public void Requests_are_counted_by_method_and_code()
    {
        var client = new TestClient(_server);
        client.Exchange(client.Build(StunMethod.Binding)).IsSuccess();
        client.Allocated(); // after a challenge
        client.Allocate().IsError(StunErrorCode.AllocationMismatch);
        client.CreatePermission(Addresses.Peer).IsSuccess();
        client.CreatePermission(Addresses.PeerV6).IsError(StunErrorCode.PeerAddressFamilyMismatch);
        client.ChannelBind(0x4000, Addresses.Peer).IsSuccess();
        client.ChannelBind(0x4000, Addresses.Parse("127.0.0.1:1")).IsError(StunErrorCode.BadRequest);
        client.Refresh(0).IsSuccess();

        var counted = new List<(StunMethod, int, long)>();
        foreach (StunMethod method in ServerCounters.Methods)
        {
            foreach (int code in ServerCounters.Codes)
            {
                if (_server.Counters.Requests(method, code) is > 0 and long count)
                {
                    counted.Add((method, code, count));
                }
            }
        }

        Assert.Equal(
        [
            (StunMethod.Binding, 0, 1),
            (StunMethod.Allocate, 0, 1),
            (StunMethod.Allocate, StunErrorCode.Unauthorized, 1),
            (StunMethod.Allocate, StunErrorCode.AllocationMismatch, 1),
            (StunMethod.Refresh, 0, 1),
            (StunMethod.CreatePermission, 0, 1),
            (StunMethod.CreatePermission, StunErrorCode.PeerAddressFamilyMismatch, 1),
            (StunMethod.ChannelBind, 0, 1),
            (StunMethod.ChannelBind, StunErrorCode.BadRequest, 1),
        ], counted);
        Assert.Equal((1, 1), (_server.Counters.AllocationsCreated, _server.Counters.AllocationsEnded));
    }

    [Fact]
    public void Every_code_that_is_answered_is_counted_apart()
    {
        // 0 and no other code stands for a success, so an unlisted code would be counted as one.
        Assert.Equal(ServerCounters.Codes.Count, new HashSet<int>(ServerCounters.Codes).Count);
        foreach (System.Reflection.FieldInfo field in typeof(StunErrorCode).GetFields())
        {
            Assert.Contains((int)field.GetRawConstantValue()!, ServerCounters.Codes);
        }
    }
}
