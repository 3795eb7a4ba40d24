using Turnpike.Cluster;

namespace Turnpike.ControlPlane.Tests;

/// <summary>Things that tests need.</summary>
internal static class Make
{
    /// <summary>A ready edge with UDP, TCP and TLS.</summary>
    public static EdgeRecord Edge(string name, string region = "") => new()
    {
        Id = $"{name}-1",
        Name = name,
        Region = region,
        State = "ready",
        Version = "0.1.0",
        Urls = [$"turn:{name}.example.com:3478?transport=udp", $"turn:{name}.example.com:3478?transport=tcp", $"turns:{name}.example.com:5349?transport=tcp"],
        RelayAddresses = ["192.0.2.1"],
        MinPort = 49152,
        MaxPort = 65535,
        StartedAt = 1_700_000_000,
        Capacity = new EdgeCapacity { Allocations = 1000, RelayPorts = 16384 },
    };
}
