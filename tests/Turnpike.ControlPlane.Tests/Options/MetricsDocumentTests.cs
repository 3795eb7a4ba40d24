using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Turnpike.ControlPlane.Kubernetes.Acting;
using Turnpike.ControlPlane.Options;
using Turnpike.ControlPlane.Tls;
using Turnpike.ServiceDefaults.Settings;
using Turnpike.ServiceDefaults.Tls;

namespace Turnpike.ControlPlane.Tests.Options;

public sealed partial class MetricsDocumentTests : ControlPlaneTest
{
    private const string Prefix = "turnpike.control_plane.";

    [Fact]
    public async Task The_metrics_table_of_the_readme_names_every_instrument()
    {
        // Those of the plane are there; the scaler's need a Kubernetes, and the certificate's a certificate, to be measured, not to be named.
        await using ServiceProvider services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        IMeterFactory meters = services.GetRequiredService<IMeterFactory>();
        _ = new ScalerMetrics(meters, null!, null!, null!, null!);
        Setting setting = ControlPlaneSettings.Catalog.Of<TlsOptions>(nameof(TlsOptions.Key));
        using ServerCertificates certificates = new(new TlsFiles("", setting, "", setting), TimeProvider.System, NullLogger<ServerCertificates>.Instance);
        await new CertificateWatch(certificates, meters).StartingAsync(Cancellation);

        // The control planes of other tests that begin meanwhile publish theirs too, on their threads.
        ConcurrentDictionary<string, bool> expected = new(StringComparer.Ordinal);
        using MeterListener listener = new()
        {
            InstrumentPublished = (instrument, _) =>
            {
                if (instrument.Name.StartsWith(Prefix, StringComparison.Ordinal))
                {
                    bool counts = instrument.GetType().Name.Contains("Counter", StringComparison.Ordinal);
                    string name = instrument.Name.Replace('.', '_') + (counts ? "_total" : "");
                    string type = counts ? "counter" : instrument is Histogram<double> ? "histogram" : "gauge";
                    expected.TryAdd($"| `{name}` | {type} | {instrument.Description} |", true);
                }
            },
        };
        listener.Start();

        // Which labels there are shows when something is measured: the interop tests compare that column with a scrape.
        string readme = Path.Combine(AppContext.BaseDirectory, "control-plane.README.md");
        IEnumerable<string> listed = File.ReadLines(readme).Where(line => line.StartsWith("| `turnpike_control_plane_", StringComparison.Ordinal))
            .Select(line => LabelColumn().Replace(line, "$1"));
        Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
    }

    [GeneratedRegex(@"^(\| [^|]+ \| \w+ \|) [\w, ]*\|")]
    private static partial Regex LabelColumn();
}
