using System.Net;

namespace Turnpike.LoadTest.Bench;

/// <summary>The server of <c>loadtest/pion</c>: Debian's pion/turn as its operators use it, with one thread for Go's code.</summary>
internal sealed class PionServer(string executable) : MeasuredServer("pion")
{
    private string? _version;

    public override string Version => _version ??= FirstLineOf(executable, "-version");

    protected override string Executable => executable;

    protected override IEnumerable<string> Arguments(IPEndPoint listen, BenchUser user) =>
        ["-listen", $"{listen}", "-user", $"{user.Name}:{user.Password}"];
}
