using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Time.Testing;
using Turnpike.Edge.Management;
using Turnpike.ServiceDefaults.Tls;

namespace Turnpike.Edge.Tests.Streams;

public sealed class CertificateReloadTests : IDisposable
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddYears(56));
    private readonly TestCertificates _certificates = new();

    public void Dispose() => _certificates.Dispose();

    [Fact]
    public async Task Changed_files_are_used_for_new_handshakes_and_a_live_connection_goes_on()
    {
        await using StreamHost host = await StartAsync(_certificates.Settings);
        await using StreamClient live = await StreamClient.ConnectTlsAsync(host.Address("turns"));
        await live.AllocateAsync();
        Assert.Equal("CN=first", await LeafAsync(host));

        _certificates.Write("second");
        Assert.Equal("CN=first", await LeafAsync(host));
        _time.Advance(ServerCertificates.Interval);
        Assert.Equal("CN=second", await LeafAsync(host));
        Assert.Equal(0, await live.RefreshAsync());
    }

    [Fact]
    public async Task A_symbolic_link_that_is_swapped_as_Kubernetes_does_is_followed()
    {
        // tls.crt -> ..data/tls.crt, ..data -> ..first; the swap puts another link in place of ..data, and no file changes.
        string folder = Path.Combine(_certificates.Folder, "mount");
        DateTime written = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        foreach (string version in new[] { "..first", "..second" })
        {
            (string certificate, string key) = TestCertificates.Make(version);
            string inner = Directory.CreateDirectory(Path.Combine(folder, version)).FullName;
            File.WriteAllText(Path.Combine(inner, "tls.crt"), certificate);
            File.WriteAllText(Path.Combine(inner, "tls.key"), key);
            File.SetLastWriteTimeUtc(Path.Combine(inner, "tls.crt"), written);
            File.SetLastWriteTimeUtc(Path.Combine(inner, "tls.key"), written);
        }

        string data = Path.Combine(folder, "..data");
        Directory.CreateSymbolicLink(data, "..first");
        File.CreateSymbolicLink(Path.Combine(folder, "tls.crt"), Path.Combine("..data", "tls.crt"));
        File.CreateSymbolicLink(Path.Combine(folder, "tls.key"), Path.Combine("..data", "tls.key"));
        await using StreamHost host = await StartAsync(
            [("Edge:Tls:Certificate", Path.Combine(folder, "tls.crt")), ("Edge:Tls:Key", Path.Combine(folder, "tls.key"))]);
        await using StreamClient live = await StreamClient.ConnectTlsAsync(host.Address("turns"));
        await live.AllocateAsync();
        Assert.Equal("CN=..first", await LeafAsync(host));

        Directory.Delete(data);
        Directory.CreateSymbolicLink(data, "..second");
        Directory.Delete(Path.Combine(folder, "..first"), recursive: true);
        _time.Advance(ServerCertificates.Interval);
        Assert.Equal("CN=..second", await LeafAsync(host));
        Assert.Equal(0, await live.RefreshAsync());
    }

    [Fact]
    public async Task A_new_pair_that_does_not_match_is_not_used_and_a_good_one_after_it_is()
    {
        await using StreamHost host = await StartAsync(_certificates.Settings);
        (string certificate, string key) = TestCertificates.Make("second");
        File.WriteAllText(_certificates.Certificate, certificate); // and the key is still the old one
        _time.Advance(ServerCertificates.Interval);
        _time.Advance(ServerCertificates.Interval);
        Assert.Equal("CN=first", await LeafAsync(host));
        File.Delete(_certificates.Certificate);
        _time.Advance(ServerCertificates.Interval);
        Assert.Equal("CN=first", await LeafAsync(host));
        File.WriteAllText(_certificates.Certificate, certificate);
        File.WriteAllText(_certificates.Key, key);
        _time.Advance(ServerCertificates.Interval);
        Assert.Equal("CN=second", await LeafAsync(host));
    }

    [Fact]
    public async Task The_expiry_of_the_certificate_in_use_is_a_metric()
    {
        await using StreamHost host = await StartAsync(_certificates.Settings);
        Assert.Equal(DateTimeOffset.UnixEpoch.AddYears(90).ToUnixTimeSeconds(), host.Snapshot.Streams.CertificateExpiresAt);
        (string certificate, string key) = TestCertificates.Make("rsa", rsa: true, until: DateTimeOffset.UnixEpoch.AddYears(80));
        File.WriteAllText(_certificates.Certificate, certificate);
        File.WriteAllText(_certificates.Key, key);
        _time.Advance(ServerCertificates.Interval);
        Assert.Equal(DateTimeOffset.UnixEpoch.AddYears(80).ToUnixTimeSeconds(), host.Snapshot.Streams.CertificateExpiresAt);
        Assert.Equal("CN=rsa", await LeafAsync(host));
    }

    [Theory]
    [InlineData("missing certificate", "Edge:Tls:Certificate", "cannot be read")]
    [InlineData("missing key", "Edge:Tls:Key", "cannot be read")]
    [InlineData("empty certificate", "Edge:Tls:Certificate", "no certificate")]
    [InlineData("broken certificate", "Edge:Tls:Certificate", "")]
    [InlineData("broken key", "Edge:Tls:Certificate", "cannot be used together")]
    [InlineData("foreign key", "Edge:Tls:Certificate", "cannot be used together")]
    public async Task A_certificate_that_cannot_be_used_is_one_line_at_the_start(string what, string setting, string why)
    {
        string file = what.EndsWith("key", StringComparison.Ordinal) ? _certificates.Key : _certificates.Certificate;
        switch (what.Split(' ')[0])
        {
            case "missing":
                File.Delete(file);
                break;
            case "empty":
                File.WriteAllText(file, "");
                break;
            case "broken":
                File.WriteAllText(file, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
                break;
            default:
                File.WriteAllText(file, TestCertificates.Make("other").Key);
                break;
        }

        using StringWriter error = new();
        WebApplication app = StreamHost.Build(_time, [("Edge:Listeners:0", "tls://127.0.0.1:0"), .. _certificates.Settings]);
        Assert.Equal(1, await app.RunServiceAsync(error));
        string line = Assert.Single(error.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith($"turnpike-edge: {setting} = ", line, StringComparison.Ordinal);
        Assert.Contains(why, line, StringComparison.Ordinal);
        Assert.DoesNotContain("PRIVATE KEY", line, StringComparison.Ordinal);
    }

    private static async Task<string> LeafAsync(StreamHost host)
    {
        await using StreamClient client = await StreamClient.ConnectTlsAsync(host.Address("turns"));
        return client.Tls.RemoteCertificate!.Subject;
    }

    private Task<StreamHost> StartAsync((string Key, string? Value)[] tls) =>
        StreamHost.StartAsync(_time, [("Edge:Listeners:0", "tls://127.0.0.1:0"), .. tls]);
}
