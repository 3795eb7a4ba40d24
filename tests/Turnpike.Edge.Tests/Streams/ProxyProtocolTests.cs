using System.Net;
using System.Text;
using Turnpike.Edge.Tests.Transport;
using Turnpike.Protocol;

namespace Turnpike.Edge.Tests.Streams;

public sealed class ProxyProtocolTests
{
    private static readonly byte[] Version1 = Encoding.ASCII.GetBytes("PROXY TCP4 192.0.2.7 198.51.100.1 4711 443\r\n");
    private static readonly byte[] Version2 = ProxyHeaderTests.Header(0x21, 0x11, [192, 0, 2, 8, 198, 51, 100, 1, 0x12, 0x68, 1, 0xBB]);
    private static readonly byte[] Local = ProxyHeaderTests.Header(0x20, 0, []);

    [Fact]
    public async Task The_client_is_whom_the_header_names()
    {
        await using StreamHost host = await StartAsync("tcp", "any");
        await using StreamClient first = await StreamClient.ConnectAsync(host.Address(), Version1);
        Assert.Equal(IPEndPoint.Parse("192.0.2.7:4711"), await first.MappedAsync());
        await using StreamClient second = await StreamClient.ConnectAsync(host.Address(), Version2);
        Assert.Equal(IPEndPoint.Parse("192.0.2.8:4712"), await second.MappedAsync());
        await first.AllocateAsync();
        await second.AllocateAsync();
    }

    [Fact]
    public async Task LOCAL_and_UNKNOWN_keep_the_real_address()
    {
        await using StreamHost host = await StartAsync("tcp", "any");
        foreach (byte[] header in new[] { Local, "PROXY UNKNOWN\r\n"u8.ToArray() })
        {
            await using StreamClient client = await StreamClient.ConnectAsync(host.Address(), header);
            Assert.Equal((IPEndPoint)client.Socket.LocalEndPoint!, await client.MappedAsync());
        }
    }

    [Fact]
    public async Task Header_and_first_request_may_come_in_one_segment_or_byte_by_byte()
    {
        await using StreamHost host = await StartAsync("tcp", "v1");
        await using StreamClient together = await StreamClient.ConnectAsync(
            host.Address(), [.. Version1, .. RunningRelay.Request(StunMethod.Binding)]);
        Assert.Equal(0, RunningRelay.Code((await together.ReceiveAsync())!));
        await together.DisposeAsync();
        await using StreamClient trickling = await StreamClient.ConnectAsync(host.Address());
        foreach (byte one in Version1)
        {
            await trickling.SendAsync(new[] { one });
        }

        Assert.Equal(IPEndPoint.Parse("192.0.2.7:4711"), await trickling.MappedAsync());
    }

    [Fact]
    public async Task TLS_comes_behind_the_header()
    {
        using var certificates = new TestCertificates();
        await using StreamHost host = await StartAsync("tls", "v2", certificates.Settings);
        await using StreamClient client = await StreamClient.ConnectTlsAsync(host.Address("turns"), preface: Version2);
        Assert.Equal(IPEndPoint.Parse("192.0.2.8:4712"), await client.MappedAsync());
        await client.AllocateAsync();
        Assert.Equal(1, host.Open("tls"));
    }

    [Fact]
    public async Task Plain_and_TLS_are_told_apart_behind_the_header_too()
    {
        using var certificates = new TestCertificates();
        await using StreamHost host = await StartAsync("tcp+tls", "v1", certificates.Settings);
        await using StreamClient tls = await StreamClient.ConnectTlsAsync(host.Address("turns"), preface: Version1);
        await using StreamClient plain = await StreamClient.ConnectAsync(host.Address(), Version1);
        Assert.Equal(await tls.MappedAsync(), await plain.MappedAsync());
    }

    [Fact]
    public async Task Without_the_header_or_with_a_malformed_one_the_connection_is_closed_and_counted()
    {
        await using StreamHost host = await StartAsync("tcp", "v2");
        byte[][] wrong = [RunningRelay.Request(StunMethod.Binding), Version1, [.. Version2[..12], 0x11, 0x11, 0, 0]];
        for (int i = 0; i < wrong.Length; i++)
        {
            await using StreamClient client = await StreamClient.ConnectAsync(host.Address(), wrong[i]);
            Assert.True(await client.IsClosedAsync());
            await Eventually.EqualAsync(i + 1, () => host.Closed("proxy_malformed"));
        }
    }

    [Fact]
    public async Task Without_the_setting_a_header_is_no_STUN()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        await using StreamClient client = await StreamClient.ConnectAsync(host.Address(), Version1);
        Assert.True(await client.IsClosedAsync());
        await Eventually.EqualAsync(1, () => host.Closed("invalid_frame"));
    }

    [Fact]
    public async Task A_second_connection_of_the_same_client_takes_the_place_of_the_first()
    {
        await using StreamHost host = await StartAsync("tcp", "v1", ("Edge:Shards", "1"));
        await using StreamClient old = await StreamClient.ConnectAsync(host.Address(), Version1);
        await old.AllocateAsync();
        await using StreamClient young = await StreamClient.ConnectAsync(host.Address(), Version1);
        await young.AllocateAsync();
        Assert.True(await old.IsClosedAsync());
        await Eventually.EqualAsync(1, () => host.Closed("superseded"));
        Assert.Equal(1, host.Relay.Allocations);
        Assert.Equal(0, await young.RefreshAsync());
    }

    private static Task<StreamHost> StartAsync(string scheme, string proxy, params (string Key, string? Value)[] more) =>
        StreamHost.StartAsync([("Edge:Listeners:0", $"{scheme}://127.0.0.1:0?proxy={proxy}"), .. more]);
}
