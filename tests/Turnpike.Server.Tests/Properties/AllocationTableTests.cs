using CsCheck;
using Turnpike.Protocol;

namespace Turnpike.Server.Tests;

/// <summary>The open-addressing table against a dictionary.</summary>
public class AllocationTableTests
{
    private static readonly Credential Nobody = new() { Username = [], User = "", Keys = [] };
    private static readonly ServerPolicy Policy = new PolicyChoice().Build();

    [Fact]
    public void The_table_holds_what_a_dictionary_would() =>
        Gen.Select(Gen.Bool, Gen.Int[0, 300]).Array[1, 2000].Sample(operations =>
        {
            var table = new AllocationTable();
            var model = new Dictionary<int, Allocation>();
            foreach ((bool add, int number) in operations)
            {
                if (add && !model.ContainsKey(number))
                {
                    Allocation allocation = Make(Tuple(number));
                    table.Add(allocation);
                    model.Add(number, allocation);
                }
                else if (!add && model.Remove(number, out Allocation? gone))
                {
                    table.Remove(gone);
                    table.Remove(gone); // a second time is nothing
                }
            }

            if (table.Count != model.Count)
            {
                return false;
            }

            for (int i = 0; i <= 300; i++)
            {
                FiveTuple tuple = Tuple(i);
                if (!ReferenceEquals(table.Find(tuple), model.GetValueOrDefault(i)))
                {
                    return false;
                }
            }

            return new HashSet<Allocation>(table.All()).SetEquals(model.Values);
        }, iter: 300);

    [Fact]
    public void Parts_of_a_5_tuple_make_different_keys()
    {
        var table = new AllocationTable();
        FiveTuple tuple = Tuple(0);
        table.Add(Make(tuple));
        Assert.NotNull(table.Find(new FiveTuple(tuple.Client, tuple.Server, tuple.Transport, path: 5)));
        Assert.Null(table.Find(new FiveTuple(tuple.Client, tuple.Server, ClientTransport.Tls)));
        Assert.Null(table.Find(new FiveTuple(tuple.Client, tuple.Server.WithPort(1), tuple.Transport)));
        Assert.Null(table.Find(new FiveTuple(tuple.Client.WithPort(1), tuple.Server, tuple.Transport)));
        Assert.Null(table.Find(new FiveTuple(tuple.Client, Addresses.ServerV6, tuple.Transport)));
    }

    private static FiveTuple Tuple(int number) => new(
        number % 3 == 0
            ? TransportAddress.IPv6(0x2A02_06B8_0000_0000, (ulong)number, 40000)
            : TransportAddress.IPv4(0x5DB8_D822 + (uint)(number / 7), (ushort)(40000 + number)),
        Addresses.Server,
        number % 2 == 0 ? ClientTransport.Udp : ClientTransport.Tcp);

    private static Allocation Make(FiveTuple tuple) =>
        new(tuple, Nobody, new LongTermCredentialKey(PasswordAlgorithmId.Md5, []), Policy, new RealmCounters("")) { Id = 0, StartedAt = 0 };
}
