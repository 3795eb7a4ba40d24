using System.Globalization;
using System.Net;

namespace Turnpike.LoadTest.Bench;

/// <summary>Debian's coturn with one relay thread and everything off that a packet does not need.</summary>
internal sealed class CoturnServer() : MeasuredServer("coturn")
{
    public const string Command = "turnserver";

    private string? _version;

    public override string Version => _version ??= FirstLineOf(Command, "--version");

    protected override string Executable => Command;

    protected override IEnumerable<string> Arguments(IPEndPoint listen, BenchUser user) =>
    [
        "-n",
        "--relay-threads=1",
        $"--listening-ip={listen.Address}",
        string.Create(CultureInfo.InvariantCulture, $"--listening-port={listen.Port}"),
        $"--relay-ip={listen.Address}",
        "--realm=bench",
        "--lt-cred-mech",
        $"--user={user.Name}:{user.Password}",
        "--allow-loopback-peers",
        "--no-cli",
        "--no-tcp",
        "--no-tls",
        "--no-dtls",
        "--no-tcp-relay",
        "--no-rfc5780",
        "--no-auth-pings",
        "--no-dynamic-ip-list",
        "--no-dynamic-realms",
        "--log-file=stdout",
        $"--pidfile={Path.Combine(Folder, "pid")}",
        $"--userdb={Path.Combine(Folder, "turndb")}",
    ];
}
