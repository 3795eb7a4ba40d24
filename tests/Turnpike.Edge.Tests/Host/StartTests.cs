using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Turnpike.Edge.Management;
using Turnpike.ServiceDefaults.Settings;

namespace Turnpike.Edge.Tests.Host;

/// <summary>Starts that do not come to an end.</summary>
[Collection(EnvironmentCollection.Name)]
public sealed class StartTests
{
    [Fact]
    public async Task A_management_port_in_use_is_one_line_and_exit_code_1()
    {
        using Socket taken = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        taken.Listen();
        (int code, string[] lines) = await RunAsync(EdgeHost.Build(new FakeRelay(), taken.LocalEndPoint!.ToString()!));
        Assert.Equal(1, code);
        Assert.StartsWith($"turnpike-edge: Edge:Management = \"http://{taken.LocalEndPoint}\"", Assert.Single(lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_management_address_of_another_host_is_one_line_and_exit_code_1()
    {
        (int code, string[] lines) = await RunAsync(EdgeHost.Build(new FakeRelay(), "192.0.2.1:0"));
        Assert.Equal(1, code);
        Assert.StartsWith("turnpike-edge: Edge:Management = \"http://192.0.2.1:0\"", Assert.Single(lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_relay_cannot_bind_is_printed_line_by_line()
    {
        Step relay = new(_ => throw new SettingsException("Edge:Listeners:0: in use\nEdge:Listeners:1: in use"));
        (int code, string[] lines) = await RunAsync(EdgeHost.Build(new FakeRelay(), "127.0.0.1:0", relay));
        Assert.Equal(1, code);
        Assert.Equal(["turnpike-edge: Edge:Listeners:0: in use", "turnpike-edge: Edge:Listeners:1: in use"], lines);
    }

    [Fact]
    public async Task A_stop_during_the_start_is_an_orderly_end()
    {
        WebApplication app = null!;
        Step stop = new(cancellation =>
        {
            app.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
            cancellation.ThrowIfCancellationRequested();
        });
        app = EdgeHost.Build(new FakeRelay(), "127.0.0.1:0", stop);
        (int code, string[] lines) = await RunAsync(app);
        Assert.Equal(0, code);
        Assert.Empty(lines);
        Assert.True(stop.Stopped);
    }

    private static async Task<(int Code, string[] Lines)> RunAsync(WebApplication app)
    {
        using StringWriter error = new();
        int code = await app.RunServiceAsync(error);
        return (code, error.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries));
    }

    /// <summary>A hosted service that is started before the management port.</summary>
    private sealed class Step(Action<CancellationToken> start) : IHostedService
    {
        public bool Stopped { get; private set; }

        public Task StartAsync(CancellationToken cancellationToken)
        {
            start(cancellationToken);
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken)
        {
            Stopped = true;
            return Task.CompletedTask;
        }
    }
}
