using System.Security.Cryptography.X509Certificates;
using StackExchange.Redis;
using Turnpike.Stores;

namespace Turnpike.Standalone.Tests.Stores;

/// <summary>The stores that other tests rely on do what their names say.</summary>
public sealed class RedisServerTests
{
    [Fact]
    public async Task A_server_with_a_password_refuses_those_without()
    {
        await using RedisServer server = await RedisServer.StartAsync(new RedisOptions { Password = "right" });
        Assert.Equal("PONG", await server.CliAsync("PING"));
        Assert.Equal("PONG", await Clients.PingAsync(server.ConnectionString));
        await Assert.ThrowsAsync<RedisConnectionException>(() => Clients.PingAsync($"{server.EndPoint},password=wrong"));
    }

    [Fact]
    public async Task A_user_may_do_what_the_rules_say_and_no_more()
    {
        RedisUser user = new("edge", "secret", "~turnpike* &turnpike* +@all -@dangerous");
        await using RedisServer server = await RedisServer.StartAsync(new RedisOptions { Password = "operator", Users = [user] });
        await using ConnectionMultiplexer client = await Clients.ConnectAsync(server.ConnectionString);
        Assert.True(await client.GetDatabase().StringSetAsync("turnpike:x", "1"));
        await Assert.ThrowsAsync<RedisServerException>(() => client.GetDatabase().StringSetAsync("other", "1"));
    }

    [Fact]
    public async Task A_server_with_TLS_proves_itself_with_a_certificate_of_its_issuer()
    {
        await using RedisServer server = await RedisServer.StartAsync(new RedisOptions { Tls = true, Password = "right" });
        Assert.Equal("PONG", await server.CliAsync("PING"));
        ConfigurationOptions options = ConfigurationOptions.Parse(server.ConnectionString);
        options.CertificateValidation += (_, certificate, _, _) =>
        {
            using X509Chain chain = new();
            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
            chain.ChainPolicy.CustomTrustStore.ImportFromPemFile(server.Certificates.IssuerFile);
            return chain.Build((X509Certificate2)certificate!);
        };
        await using ConnectionMultiplexer client = await ConnectionMultiplexer.ConnectAsync(options);
        Assert.True((await client.GetDatabase().PingAsync()) > TimeSpan.Zero);
    }

    [Fact]
    public async Task A_paused_server_answers_again_when_it_goes_on()
    {
        await using RedisServer server = await RedisServer.StartAsync();
        await server.CliAsync("SET", "kept", "1");
        server.Pause();
        await Assert.ThrowsAnyAsync<RedisException>(() => Clients.PingAsync(server.ConnectionString + ",connectTimeout=300,connectRetry=1"));
        server.Resume();
        Assert.Equal("1", await server.CliAsync("GET", "kept"));
    }

    [Fact]
    public async Task A_server_restarts_empty_at_the_same_address()
    {
        await using RedisServer server = await RedisServer.StartAsync();
        await server.CliAsync("SET", "lost", "1");
        await server.StopAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(() => server.CliAsync("PING"));
        await server.RestartEmptyAsync();
        Assert.Equal("", await server.CliAsync("GET", "lost"));
        await server.KillAsync();
        Assert.False(server.IsRunning);
    }
}
