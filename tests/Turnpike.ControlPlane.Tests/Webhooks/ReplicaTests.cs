using System.Diagnostics;
using Turnpike.Contracts.V1;
using Turnpike.ControlPlane.Options;
using Turnpike.Stores;

namespace Turnpike.ControlPlane.Tests.Webhooks;

/// <summary>Several control planes deliver the webhooks of one store.</summary>
public sealed class ReplicaTests : WebhookTest
{
    private static readonly string[] ShortLease = [.. Usual[..3], "--ControlPlane:Webhooks:Timeout=2", "--ControlPlane:Webhooks:Lease=4"];

    [Fact]
    public async Task One_replica_at_a_time_delivers_and_another_goes_on_where_it_stopped()
    {
        TestControlPlane second = await TestControlPlane.StartAsync(Plane.Redis, Usual);
        await using TestControlPlane third = await TestControlPlane.StartAsync(Plane.Redis, Usual);
        Receiver.Answer = async (_, _) => await Task.Yield();
        await CreateAsync();
        for (int round = 0; round < 10; round++)
        {
            await AppendAsync(Numbers((round * 30) + 1, 30));
            if (round == 5)
            {
                await second.DisposeAsync();
            }
        }
        await Receiver.HasUsersAsync("300");
        Assert.Equal(Numbers(1, 300), Receiver.Users);
        Assert.Equal(1, Receiver.MostAtOnce);
    }

    [Fact]
    public async Task What_a_replica_was_sending_when_it_was_killed_comes_again_from_another_one_under_the_same_id()
    {
        TaskCompletionSource end = new();
        Receiver.Answer = (_, _) => Receiver.All.Count == 1 ? end.Task : Task.CompletedTask;
        await using RedisServer redis = await RedisServer.StartAsync();
        using Process killed = Start(redis);
        try
        {
            await Until.TrueAsync("it listens", () => killed.StandardOutput.ReadLine()!.Contains("\"EventId\":3301", StringComparison.Ordinal));
            _ = killed.StandardOutput.ReadToEndAsync(Cancellation);
            // The control plane of this process must not be the one that delivers.
            await using (TestControlPlane maker = await TestControlPlane.StartAsync(
                redis, ShortLease, services => services.Remove(services.Single(service => service.ImplementationType?.Name == "WebhookDispatcher"))))
            {
                await maker.Webhooks().CreateWebhookAsync(
                    new CreateWebhookRequest { Parent = Parent, WebhookId = "hook", Webhook = new Webhook { Url = Receiver.Address.AbsoluteUri } },
                    cancellationToken: Cancellation);
                await AppendAsync(maker, "1", "2");
                await Receiver.HasAsync(1);
                // What comes after the delivery that was begun must not change what it is.
                await AppendAsync(maker, "3");
            }
        }
        finally
        {
            killed.Kill();
            await killed.WaitForExitAsync(Cancellation);
        }
        await using TestControlPlane next = await TestControlPlane.StartAsync(redis, ShortLease);
        await Receiver.HasUsersAsync("1", "2", "3");
        end.SetResult();
        IReadOnlyList<Received> all = Receiver.All;
        Assert.Equal((all[0].Id, all[0].Body), (all[1].Id, all[1].Body));
        Assert.Equal(["3"], all[2].Users);
        Assert.NotEqual(all[0].Id, all[2].Id);
    }

    [Fact]
    public async Task The_embedded_store_does_as_well()
    {
        await using IStore store = await StoreKind.Embedded.StartAsync();
        await using TestControlPlane plane = await TestControlPlane.StartAsync(store, Usual);
        await using TestControlPlane other = await TestControlPlane.StartAsync(store, Usual);
        await Until.TrueAsync("the default realm", async () => await plane.Realms.GetAsync("turnpike") is not null);
        await other.Webhooks().CreateWebhookAsync(
            new CreateWebhookRequest { Parent = Parent, Webhook = new Webhook { Url = Receiver.Address.AbsoluteUri } }, cancellationToken: Cancellation);
        await AppendAsync(plane, Numbers(1, 120));
        await Receiver.HasUsersAsync("120");
        Assert.Equal(Numbers(1, 120), Receiver.Users);
    }

    private static Process Start(RedisServer redis) => Process.Start(new ProcessStartInfo(
        "dotnet",
        [
            Path.ChangeExtension(typeof(ControlPlaneSettings).Assembly.Location, ".dll"), "--ControlPlane:Grpc=http://127.0.0.1:0",
            "--ControlPlane:Http=http://127.0.0.1:0", $"--Cluster:Redis={redis.ConnectionString}", "--Logging:Format=json", .. Tokens.Settings, .. ShortLease,
        ])
    {
        RedirectStandardOutput = true,
    })!;
}
