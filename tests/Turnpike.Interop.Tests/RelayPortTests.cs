using System.Net;
using Turnpike.Interop.Clients;
using Turnpike.Interop.Processes;
using Turnpike.Interop.Servers;
using Turnpike.Protocol;

namespace Turnpike.Interop;

/// <summary>A range of relay ports that runs out.</summary>
public sealed class RelayPortTests : InteropTest
{
    // coturn closes a deleted allocation a moment after it has answered.
    private static readonly TimeSpan ComesBackDeadline = TimeSpan.FromSeconds(10);

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task A_full_range_is_an_error_508_until_a_port_comes_back(int size)
    {
        IPAddress address = Loopback.NextAddress();
        int first = Loopback.FreeUdpPort(address);
        var server = await StartServerAsync(new ServerSettings { Address = address, RelayPorts = (first, first + size - 1) });
        TurnClient[] clients = [.. Enumerable.Range(0, size + 1).Select(_ => new TurnClient(server.EndPoint))];
        TurnClient late = clients[^1];

        var ports = new HashSet<int>();
        foreach (TurnClient client in clients[..^1])
        {
            var allocated = await client.AllocateAsync();
            Assert.True(allocated.Succeeded, $"error {allocated.Code} with {ports.Count} of {size} ports in use");
            Assert.InRange(allocated.Relayed.Port, first, first + size - 1);
            Assert.True(ports.Add(allocated.Relayed.Port), $"port {allocated.Relayed.Port} was given twice");
        }

        Assert.Equal(StunErrorCode.InsufficientCapacity, (await late.AllocateAsync()).Code);
        Assert.True((await clients[0].RefreshAsync(0)).Succeeded);
        await Deadline.UntilAsync("a port comes back", ComesBackDeadline, async () => (await late.AllocateAsync()).Succeeded);

        foreach (TurnClient client in clients)
        {
            client.Dispose();
        }
    }
}
