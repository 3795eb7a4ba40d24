using Microsoft.Extensions.Time.Testing;
using Turnpike.Edge.Tests.Streams;
using Turnpike.Edge.Tests.Transport;

namespace Turnpike.Edge.Tests.Dtls;

/// <summary>A running relay with a DTLS listener, and what tests ask it.</summary>
internal static class DtlsRelay
{
    /// <summary>A certificate for a key of either kind.</summary>
    public static TestCertificates Certificates(string algorithm = "ECDSA")
    {
        var files = new TestCertificates();
        files.Write("first", algorithm == "RSA");
        return files;
    }

    /// <summary>A relay that serves DTLS on its first port; loopback peers are open. Its clock stands still unless it is moved.</summary>
    public static Task<RunningRelay> StartAsync(TestCertificates files, params (string Key, string? Value)[] pairs) =>
        StartAsync(new FakeTimeProvider(TimeProvider.System.GetUtcNow()), files, pairs);

    /// <summary>The same with a clock that the test has in its hand.</summary>
    public static Task<RunningRelay> StartAsync(FakeTimeProvider time, TestCertificates files, params (string Key, string? Value)[] pairs) => RunningRelay.StartAsync(
        time,
        [("Edge:Listeners:0", "dtls://127.0.0.1:0"), ("Edge:Peers:AllowPrivate:0", "127.0.0.0/8"), ("Edge:Shards", "2"), .. files.Settings, .. pairs]);

    public static long Drops(this RunningRelay running, string reason) => running.Relay.Read().Drops.Single(drop => drop.Name == reason).Count;

    public static long Handshakes(this RunningRelay running, string result) =>
        running.Relay.Read().Dtls.Handshakes.Single(handshakes => handshakes.Name == result).Count;

    public static long Sessions(this RunningRelay running) => running.Relay.Read().Dtls.Sessions;
}
