using System.Globalization;
using System.Net;

namespace Turnpike.Stores;

/// <summary>One redis-server on a loopback address and port of its own, and what can go wrong with it.</summary>
public sealed class RedisServer : IStore
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("turnpike-redis-");
    private readonly RedisOptions _options;
    private readonly string[] _arguments;
    private StoreProcess? _process;

    internal RedisServer(IPEndPoint endPoint, RedisOptions options, string[] arguments)
    {
        EndPoint = endPoint;
        _options = options.Tls ? options with { Certificates = new StoreCertificates(_folder.FullName, endPoint.Address) } : options;
        _arguments = [ConfigurationFile, .. Plain(endPoint, _options), .. Access(_options), .. arguments, .. options.Arguments];
    }

    public IPEndPoint EndPoint { get; }

    public string ConnectionString => string.Join(',', Parts());

    /// <summary>The files of the server's certificate and its issuer.</summary>
    /// <exception cref="InvalidOperationException">The server has no TLS.</exception>
    public StoreCertificates Certificates => _options.Certificates ?? throw new InvalidOperationException("this server was started without TLS");

    public bool IsRunning => _process is { HasExited: false };

    /// <summary>What the server printed.</summary>
    public string Output => _process?.Output ?? "";

    /// <summary>Starts an empty server and waits until it answers.</summary>
    public static async Task<RedisServer> StartAsync(RedisOptions? options = null)
    {
        IPAddress address = LoopbackPorts.NextAddress();
        RedisServer server = new(new IPEndPoint(address, LoopbackPorts.Free(address, 1)[0]), options ?? new RedisOptions(), []);
        await server.StartOrDisposeAsync();
        return server;
    }

    /// <summary>Ends it in an orderly way: its clients see their connections closed.</summary>
    public Task StopAsync() => EndAsync("TERM");

    /// <summary>Ends it as a crash does.</summary>
    public Task KillAsync() => EndAsync("KILL");

    /// <summary>Lets it hang: connections stay open and nothing answers.</summary>
    public void Pause() => Running.Signal("STOP");

    public void Resume() => Running.Signal("CONT");

    /// <summary>Ends it if it still runs, and starts it again at the same address without any data: there is none on disk.</summary>
    public async Task RestartEmptyAsync()
    {
        await EndAsync("KILL");
        await StartAsync();
    }

    /// <summary>Runs redis-cli as the default user and returns its output.</summary>
    /// <exception cref="InvalidOperationException">The server answered with an error, or not at all.</exception>
    public Task<string> CliAsync(params string[] arguments) => Tools.CliAsync(EndPoint, _options, arguments);

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
            _process = null;
        }
        if (Directory.Exists(_folder.FullName))
        {
            _folder.Delete(recursive: true);
        }
    }

    // Empty; a sentinel does not run without one, because it keeps in it what it learns.
    private string ConfigurationFile => Path.Combine(_folder.FullName, "redis.conf");

    internal async Task StartAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }
        await File.WriteAllTextAsync(ConfigurationFile, "");
        StoreProcess process = await StoreProcess.StartAsync(_folder.FullName, _arguments);
        _process = process;
        await Wait.UntilAsync($"redis-server at {EndPoint} answers", async () =>
        {
            if (process.HasExited)
            {
                throw new InvalidOperationException($"redis-server {string.Join(' ', _arguments)} ended at once:\n{process.Output}");
            }
            return await TryCliAsync("PING") == "PONG";
        });
    }

    internal async Task StartOrDisposeAsync()
    {
        try
        {
            await StartAsync();
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    /// <summary>The output of redis-cli, or null when it failed.</summary>
    internal async Task<string?> TryCliAsync(params string[] arguments)
    {
        try
        {
            return await CliAsync(arguments);
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private StoreProcess Running =>
        _process is { HasExited: false } process ? process : throw new InvalidOperationException($"redis-server at {EndPoint} does not run");

    private Task EndAsync(string signal) => _process?.EndAsync(signal) ?? Task.CompletedTask;

    private static IEnumerable<string> Plain(IPEndPoint endPoint, RedisOptions options)
    {
        string port = endPoint.Port.ToString(CultureInfo.InvariantCulture);
        string[] listen = options.Certificates is { } tls
            ? ["--port", "0", "--tls-port", port, "--tls-cert-file", tls.CertificateFile, "--tls-key-file", tls.KeyFile,
                "--tls-ca-cert-file", tls.IssuerFile, "--tls-auth-clients", "no"]
            : ["--port", port];
        return ["--bind", endPoint.Address.ToString(), .. listen, "--protected-mode", "no", "--save", "", "--appendonly", "no", "--daemonize", "no"];
    }

    private static IEnumerable<string> Access(RedisOptions options)
    {
        if (options.Password is { } password)
        {
            yield return "--requirepass";
            yield return password;
        }
        foreach (RedisUser user in options.Users)
        {
            yield return "--user";
            yield return user.Name;
            yield return "on";
            yield return $">{user.Password}";
            foreach (string rule in user.Rules.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                yield return rule;
            }
        }
    }

    private IEnumerable<string> Parts()
    {
        yield return EndPoint.ToString();
        if (_options.Users is [var user, ..])
        {
            yield return $"user={user.Name}";
            yield return $"password={user.Password}";
        }
        else if (_options.Password is { } password)
        {
            yield return $"password={password}";
        }
        if (_options.Tls)
        {
            yield return "ssl=true";
            yield return $"sslHost={StoreCertificates.Host}";
        }
    }
}
