using StackExchange.Redis;
using Turnpike.Stores;

namespace Turnpike.Standalone.Tests.Stores;

/// <summary>Every kind of store does what the product's scripts need.</summary>
public sealed class StoreKindTests
{
    private const int Tasks = 8;
    private const int Times = 100;

    public static TheoryData<StoreKind> Kinds() => [.. Enum.GetValues<StoreKind>()];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_script_is_one_step_for_everybody_else(StoreKind kind)
    {
        await using IStore store = await kind.StartAsync();
        const string ReadThenWrite = "local v = tonumber(redis.call('GET', KEYS[1]) or 0) redis.call('SET', KEYS[1], v + 1) return v";
        await Task.WhenAll(Enumerable.Range(0, Tasks).Select(_ => Task.Run(async () =>
        {
            await using ConnectionMultiplexer client = await Clients.ConnectAsync(store.ConnectionString);
            for (int i = 0; i < Times; i++)
            {
                await client.GetDatabase().ScriptEvaluateAsync(ReadThenWrite, ["{one}:counter"]);
            }
        })));
        await using ConnectionMultiplexer last = await Clients.ConnectAsync(store.ConnectionString);
        Assert.Equal(Tasks * Times, (int)await last.GetDatabase().StringGetAsync("{one}:counter"));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_message_reaches_whoever_listens(StoreKind kind)
    {
        await using IStore store = await kind.StartAsync();
        await using ConnectionMultiplexer listener = await Clients.ConnectAsync(store.ConnectionString);
        await using ConnectionMultiplexer speaker = await Clients.ConnectAsync(store.ConnectionString);
        RedisChannel channel = RedisChannel.Literal("turnpike:notify");
        ChannelMessageQueue queue = await listener.GetSubscriber().SubscribeAsync(channel);
        await speaker.GetSubscriber().PublishAsync(channel, "realms");
        ChannelMessage message = await queue.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        Assert.Equal("realms", message.Message);
    }
}
