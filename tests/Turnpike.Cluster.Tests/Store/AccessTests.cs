using Turnpike.Stores;

namespace Turnpike.Cluster.Tests;

/// <summary>Passwords, users, and what never shows.</summary>
public sealed class AccessTests
{
    private const string Password = "pass-word-7351";

    [Fact]
    public async Task A_wrong_password_is_logged_as_a_refusal_without_the_password()
    {
        await using RedisServer server = await RedisServer.StartAsync(new RedisOptions { Password = "right" });
        await using ObservedStore observed = new($"{server.EndPoint},password={Password}");
        await observed.UntilRefusedAsync();
        Assert.Matches("WRONGPASS|NOAUTH", observed.Store.Reason);
        Assert.All(observed.Log.Entries, entry => Assert.DoesNotContain(Password, entry.Message, StringComparison.Ordinal));
        StoreUnavailableException away = await Assert.ThrowsAsync<StoreUnavailableException>(observed.CallAsync);
        Assert.DoesNotContain(Password, away.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task After_the_password_was_changed_the_process_is_refused_until_it_is_right_again()
    {
        await using RedisServer server = await RedisServer.StartAsync(new RedisOptions
        {
            // A default user without a password would let in whoever is refused as another.
            Password = "administrator",
            Users = [new("turnpike", Password, "~* &* +@all")],
        });
        await using ObservedStore observed = new(server.ConnectionString);
        await observed.Store.AvailableAsync();
        await server.CliAsync("ACL", "SETUSER", "turnpike", "resetpass", ">another");
        await server.CliAsync("CLIENT", "KILL", "USER", "turnpike");
        await observed.UntilRefusedAsync();
        Assert.False(observed.Store.IsAvailable);
        await server.CliAsync("ACL", "SETUSER", "turnpike", "resetpass", $">{Password}");
        await observed.Store.AvailableAsync();
        await observed.CallAsync();
    }

    [Fact]
    public async Task A_user_who_may_use_only_the_prefix_can_do_everything()
    {
        string prefix = Stores.NewPrefix();
        RedisUser user = new("turnpike", Password, $"~{prefix}:* &{prefix}:* +@all -@admin -@dangerous");
        await using RedisServer server = await RedisServer.StartAsync(new RedisOptions { Users = [user] });
        await using ObservedStore observed = new(server.ConnectionString, prefix: prefix);
        await observed.Store.AvailableAsync();
        await new Membership(observed.Store).BeatAsync(Make.Edge("a"), 0);
        await OutageTests.AnnouncementArrivesAsync(observed);
        Assert.Equal(0, observed.Log.Count(ObservedStore.Refused));
    }

    [Fact]
    public async Task A_user_who_may_not_listen_to_announcements_works_without_and_it_is_said_once()
    {
        string prefix = Stores.NewPrefix();
        RedisUser user = new("turnpike", Password, $"~{prefix}:* resetchannels +@all -@admin -@dangerous");
        await using RedisServer server = await RedisServer.StartAsync(new RedisOptions { Password = "administrator", Users = [user] });
        await using ObservedStore observed = new(server.ConnectionString, prefix: prefix);
        await Stores.UntilAsync("it is said", () => observed.Log.Count(ObservedStore.Deaf) > 0);
        await observed.CallAsync();
        await server.CliAsync("ACL", "SETUSER", "turnpike", $"&{prefix}:*");
        await OutageTests.AnnouncementArrivesAsync(observed);
        Assert.Equal(1, observed.Log.Count(ObservedStore.Deaf));
    }

    [Fact]
    public async Task A_user_who_may_not_write_is_refused()
    {
        RedisUser user = new("turnpike", Password, "~other:* &* +@all");
        await using RedisServer server = await RedisServer.StartAsync(new RedisOptions { Users = [user] });
        await using ObservedStore observed = new(server.ConnectionString);
        await observed.UntilRefusedAsync();
        Assert.False(observed.Store.IsAvailable);
        Assert.Contains("NOPERM", observed.Store.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_store_over_TLS_is_reached_when_its_issuer_is_trusted_and_not_otherwise()
    {
        await using RedisServer server = await RedisServer.StartAsync(new RedisOptions { Tls = true, Password = Password });
        await using ObservedStore trusting = new(server.ConnectionString, issuer: server.Certificates.IssuerFile);
        await trusting.Store.AvailableAsync();
        await trusting.CallAsync();
        await using ObservedStore strict = new(server.ConnectionString);
        await Stores.UntilAsync("a reason is known", () => strict.Store.Reason.Length > 0 && strict.Log.Count(ObservedStore.Away) > 0);
        Assert.False(strict.Store.IsAvailable);
    }

    [Fact]
    public void An_issuer_that_cannot_be_read_is_a_problem()
    {
        Assert.Null(ClusterStore.IssuerProblem(""));
        Assert.NotNull(ClusterStore.IssuerProblem("/no/such/file.pem"));
        Assert.NotNull(ClusterStore.IssuerProblem(typeof(AccessTests).Assembly.Location));
    }

    [Theory]
    [InlineData("localhost:6379", null)]
    [InlineData("a:1,b:2,serviceName=x,ssl=true,user=u,password=p", null)]
    [InlineData("password=p", "names no server; HOST:PORT is needed")]
    [InlineData("", "names no server; HOST:PORT is needed")]
    public void A_configuration_string_is_judged(string redis, string? problem) => Assert.Equal(problem, ClusterStore.Problem(redis));

    [Theory]
    [InlineData("localhost:6379,password=" + Password + ",rest=" + Password)]
    [InlineData("localhost:6379,pasword=" + Password)]
    [InlineData("localhost:6379,ssl=" + Password)]
    public void What_is_wrong_with_a_configuration_string_is_told_without_its_password(string redis)
    {
        string? problem = ClusterStore.Problem(redis);
        Assert.NotNull(problem);
        Assert.Contains($"part {redis.Split(',').Length}", problem, StringComparison.Ordinal);
        Assert.DoesNotContain(Password, problem, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Stores.Open(new ClusterOptions { Redis = redis }));
    }
}
