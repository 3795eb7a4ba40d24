using Turnpike.Protocol;

namespace Turnpike.Server.Tests;

/// <summary>What must not grow with the number of allocations, judged by what is looked at and not by the time that it takes.</summary>
public class ScaleTests
{
    private const int Allocations = 500;

    [Fact]
    public void Refreshing_arms_no_timer_and_an_allocation_is_looked_at_once_a_lifetime()
    {
        var server = new TestServer(new PolicyChoice { UnauthenticatedResponsesPerSecond = 0 });
        TestClient[] clients = [.. Enumerable.Range(0, Allocations).Select(number => new TestClient(server, address: ClientNumber(number)))];
        foreach (TestClient client in clients)
        {
            client.Challenge();
            client.Allocate().IsSuccess();
        }

        // A storm: all of them at once, and again.
        for (int refreshes = 0; refreshes < 2; refreshes++)
        {
            server.Advance(250);
            foreach (TestClient client in clients)
            {
                client.Refresh(600).IsSuccess();
            }
        }

        Assert.Equal(0, server.Turn.Timers.Looked);
        TickFor(server, 101);
        Assert.Equal(Allocations, server.Turn.Timers.Looked);
        Assert.Equal(Allocations, server.Turn.AllocationCount);
        TickFor(server, 500);
        Assert.Equal(2 * Allocations, server.Turn.Timers.Looked);
        Assert.Equal(0, server.Turn.AllocationCount);
    }

    [Fact]
    public void Clients_behind_few_addresses_spread_over_the_table_as_chance_would()
    {
        const int Clients = 100_000;
        const int Slots = 262_144;
        var taken = new bool[Slots];
        for (int number = 0; number < Clients; number++)
        {
            taken[AddressHash.Of(Addresses.TupleOf(ClientNumber(number))) % Slots] = true;
        }

        double expected = Slots * (1 - Math.Exp(-(double)Clients / Slots));
        Assert.InRange(taken.Count(isTaken => isTaken), expected * 0.98, expected * 1.02);
    }

    private static void TickFor(TestServer server, int seconds)
    {
        for (int i = 0; i < seconds * 4; i++)
        {
            server.Advance(0.25);
        }
    }

    // Two addresses and their ports, one after the other: a carrier's NAT.
    private static TransportAddress ClientNumber(int number) =>
        TransportAddress.IPv4(0x5DB8_0000u + ((uint)number / 50_000), (ushort)(10_000 + (number % 50_000)));
}
