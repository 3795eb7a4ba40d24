using System.Globalization;
using System.Net;
using System.Text;
using Turnpike.Protocol;

namespace Turnpike.LoadTest.Bench;

/// <summary>The relay in C of <c>loadtest/reference</c>: the kernel's share of a packet and nothing else.</summary>
/// <param name="executable">Where it is.</param>
/// <param name="trains">Whether it takes and gives trains of datagrams in one piece, as the edge does.</param>
internal sealed class ReferenceServer(string executable, bool trains) : MeasuredServer("reference")
{
    private static readonly byte[] Realm = "reference"u8.ToArray();

    public override string Version => trains ? "in C, trains as the edge's" : "in C, single datagrams";

    protected override string Executable => executable;

    protected override IEnumerable<string> Arguments(IPEndPoint listen, BenchUser user)
    {
        byte[] key = new byte[LongTermKey.Md5Length];
        LongTermKey.Md5(Encoding.UTF8.GetBytes(user.Name), Realm, Encoding.UTF8.GetBytes(user.Password), key);
        return
        [
            $"{listen.Address}",
            listen.Port.ToString(CultureInfo.InvariantCulture),
            Convert.ToHexStringLower(key),
            .. trains ? Array.Empty<string>() : ["single"],
        ];
    }
}
