using System.Globalization;
using System.Net;
using System.Text.Json;
using Turnpike.Boards;
using Turnpike.Cluster.Interop.Fleet;
using Turnpike.Interop.Processes;

namespace Turnpike.ControlPlane.Interop.Boards;

/// <summary>Debian's Prometheus with the chart's rules. It scrapes every two seconds and serves the dashboards' page, as `make observe` has it do.</summary>
internal sealed class PrometheusServer : IAsyncDisposable, ILogging
{
    /// <summary>What <c>$__rate_interval</c> is: ranges as long as a test may take.</summary>
    public const string RateInterval = "1m";

    private static readonly string[] Boards = ["fleet", "edge", "tenants", "scaling", "control-plane"];
    private static readonly TimeSpan StartDeadline = TimeSpan.FromSeconds(60);
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(30) };

    private readonly ChildProcess _process;
    private readonly DirectoryInfo _folder;

    private PrometheusServer(ChildProcess process, DirectoryInfo folder, Uri url)
    {
        _process = process;
        _folder = folder;
        Url = url;
    }

    public Uri Url { get; }

    public string Log => $"The log of Prometheus at {Url}:\n{_process.Output}";

    /// <param name="jobs">Name and targets.</param>
    public static async Task<PrometheusServer> StartAsync(params (string Job, IEnumerable<Uri> Targets)[] jobs)
    {
        IPAddress address = Loopback.NextAddress();
        var url = new Uri($"http://{new IPEndPoint(address, Loopback.FreeTcpPort(address))}");
        DirectoryInfo folder = Directory.CreateTempSubdirectory("turnpike-prometheus-");
        string file = Path.Combine(folder.FullName, "prometheus.yml");
        await File.WriteAllTextAsync(file, Configuration(jobs));
        string[] arguments =
        [
            $"--config.file={file}", $"--storage.tsdb.path={folder.FullName}/data", $"--web.listen-address={url.Authority}",
            $"--web.user-assets={Site(folder).FullName}", "--log.level=warn",
        ];
        var server = new PrometheusServer(ChildProcess.Start("prometheus", arguments), folder, url);
        try
        {
            await Deadline.UntilAsync("Prometheus is ready", StartDeadline, async () =>
            {
                Assert.False(server._process.HasExited, server.Log);
                return await server.IsReadyAsync();
            });
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
        return server;
    }

    /// <summary>The values of an expression now: labels and number of each series.</summary>
    public async Task<IReadOnlyList<(IReadOnlyDictionary<string, string> Labels, double Value)>> QueryAsync(string expression)
    {
        JsonElement data = await GetAsync($"query?query={Uri.EscapeDataString(expression)}");
        return [.. data.GetProperty("result").EnumerateArray().Select(series => (
            Labels(series.GetProperty("metric")),
            double.Parse(series.GetProperty("value")[1].GetString()!.Replace("Inf", "∞", StringComparison.Ordinal), CultureInfo.InvariantCulture)))];
    }

    /// <summary>The labels of all series that a selector finds.</summary>
    public async Task<IReadOnlyList<IReadOnlyDictionary<string, string>>> SeriesAsync(string selector) =>
        [.. (await GetAsync($"series?match[]={Uri.EscapeDataString(selector)}")).EnumerateArray().Select(Labels)];

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private static IReadOnlyDictionary<string, string> Labels(JsonElement metric) =>
        metric.EnumerateObject().ToDictionary(label => label.Name, label => label.Value.GetString()!);

    private static string Configuration((string Job, IEnumerable<Uri> Targets)[] jobs) => $"""
        global: {"{"}scrape_interval: 2s, scrape_timeout: 2s, evaluation_interval: 2s{"}"}
        rule_files: ["{Path.Combine(Repository.Root, "charts", "turnpike", "rules", "turnpike.yaml")}"]
        scrape_configs:
        {string.Join('\n', jobs.Select(job => $"""
              - job_name: {job.Job}
                static_configs: [{"{"}targets: ["{string.Join("\", \"", job.Targets.Select(target => target.Authority))}"], labels: {"{"}namespace: calls{"}"}{"}"}]
            """))}
        """;

    // As charts/observe/observe.sh lays it out.
    private static DirectoryInfo Site(DirectoryInfo folder)
    {
        DirectoryInfo site = folder.CreateSubdirectory("site");
        foreach (string entry in Directory.EnumerateFileSystemEntries(Path.Combine(Repository.Root, "charts", "observe", "page")))
        {
            File.CreateSymbolicLink(Path.Combine(site.FullName, Path.GetFileName(entry)), entry);
        }
        DirectoryInfo boards = site.CreateSubdirectory("dashboards");
        foreach (string name in Boards)
        {
            File.CreateSymbolicLink(Path.Combine(boards.FullName, $"{name}.json"), Path.Combine(Dashboard.Folder(Repository.Root), $"{name}.json"));
        }
        File.WriteAllText(Path.Combine(boards.FullName, "index.json"), JsonSerializer.Serialize(Boards.Select(name => $"{name}.json")));
        return site;
    }

    private async Task<bool> IsReadyAsync()
    {
        try
        {
            using HttpResponseMessage response = await Http.GetAsync(new Uri(Url, "/-/ready"), TestContext.Current.CancellationToken);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private async Task<JsonElement> GetAsync(string path)
    {
        using HttpResponseMessage response = await Http.GetAsync(new Uri(Url, $"/api/v1/{path}"), TestContext.Current.CancellationToken);
        using JsonDocument document = JsonDocument.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.True(document.RootElement.GetProperty("status").GetString() == "success", $"{path}: {document.RootElement}");
        return document.RootElement.GetProperty("data").Clone();
    }
}
