using System.Globalization;
using System.Net;
using Turnpike.Interop.Clients;
using Turnpike.Interop.Processes;

namespace Turnpike.Interop.Servers;

/// <summary>Debian's coturn: the control that shows what a scenario does with a server known to work.</summary>
internal sealed class CoturnServer : TurnServer
{
    private readonly string _directory;

    private CoturnServer(ChildProcess process, IPEndPoint endPoint, string directory)
        : base(process, endPoint) => _directory = directory;

    public static async Task<CoturnServer> StartAsync(ServerSettings settings)
    {
        string directory = Directory.CreateTempSubdirectory("turnpike-coturn-").FullName;
        var endPoint = new IPEndPoint(settings.Address, Loopback.FreeUdpPort(settings.Address));
        var process = ChildProcess.Start("turnserver", Arguments(settings, endPoint, directory));
        var server = new CoturnServer(process, endPoint, directory);
        try
        {
            await Deadline.UntilAsync("coturn answers Binding", StartDeadline, async () =>
            {
                Assert.False(process.HasExited, $"coturn ended at once:\n{process.Output}");
                using var client = new TurnClient(endPoint);
                return await client.TryBindingAsync(TimeSpan.FromMilliseconds(200)) is not null;
            });
        }
        catch (TimeoutException e)
        {
            await server.DisposeAsync();
            throw new TimeoutException($"{e.Message}; its log:\n{process.Output}");
        }

        return server;
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    private static IEnumerable<string> Arguments(ServerSettings settings, IPEndPoint endPoint, string directory)
    {
        yield return "-n";
        yield return "--no-cli";
        yield return "--no-tls";
        yield return "--no-dtls";
        yield return "--no-tcp";
        yield return "--no-tcp-relay";
        yield return "-m";
        yield return "1";
        yield return $"--listening-ip={settings.Address}";
        yield return $"--listening-port={endPoint.Port}";
        yield return $"--relay-ip={settings.Address}";
        yield return "--lt-cred-mech";
        yield return $"--realm={ServerSettings.Realm}";
        yield return $"--user={ServerSettings.User}:{ServerSettings.Password}";
        yield return "--denied-peer-ip=169.254.0.0-169.254.255.255";
        yield return "--log-file=stdout";
        yield return "--simple-log";
        yield return $"--pidfile={directory}/turnserver.pid";
        yield return $"--db={directory}/turn.db";
        if (settings.OtherFamily is { } other)
        {
            yield return $"--relay-ip={other}";
        }

        if (settings.LoopbackPeers)
        {
            yield return "--allow-loopback-peers";
        }

        if (settings.RelayPorts is { } ports)
        {
            yield return $"--min-port={ports.Min}";
            yield return $"--max-port={ports.Max}";
        }

        if (settings.AllocationsPerUser > 0)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"--user-quota={settings.AllocationsPerUser}");
        }
    }
}
