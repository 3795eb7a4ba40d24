using System.Net;
using Turnpike.LoadTest.Bench;

namespace Turnpike.LoadTest.Cluster;

/// <summary>The published edge with one shard, alone or in a cluster, with or without a quota that is counted and never reached.</summary>
internal sealed class ClusterEdge(string executable, RedisServer? store, bool hasQuota) : MeasuredServer("edge")
{
    public string Setting => (store, hasQuota) switch
    {
        (null, _) => "alone",
        (_, false) => "in a cluster, no quota",
        _ => "in a cluster, quotas of user and realm",
    };

    public override string Version => FirstLineOf(executable, "--version");

    protected override string Executable => executable;

    protected override IEnumerable<KeyValuePair<string, string>> Settings(IPEndPoint listen, BenchUser user) =>
    [
        .. EdgeServer.BasicSettings(listen, user),
        new("Cluster__Redis", $"{store?.EndPoint}"),
        new("Edge__Quota__AllocationsPerUser", hasQuota ? "100000" : "0"),
        new("Edge__Quota__AllocationsPerRealm", hasQuota ? "200000" : "0"),
    ];
}
