using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;
using Turnpike.Edge.Tests.Streams;
using Turnpike.Edge.Tests.Transport;
using Turnpike.Edge.Transport.Dtls;
using Turnpike.Protocol;

namespace Turnpike.Edge.Tests.Dtls;

/// <summary>Sessions behind their handshake: what ends them and what does not.</summary>
public sealed class SessionTests
{
    [Fact]
    public async Task Bad_records_are_dropped_in_silence_and_the_session_goes_on() // RFC 6347 section 4.1.2.7
    {
        using TestCertificates files = DtlsRelay.Certificates();
        await using RunningRelay running = await DtlsRelay.StartAsync(files);
        using DtlsTestClient client = new DtlsTestClient(running.Port).Connect();
        byte[] genuine = [];
        client.Transport.Outgoing = datagram =>
        {
            genuine = datagram;
            return [datagram];
        };
        Assert.Equal(0, RunningRelay.Code(client.Ask(RunningRelay.Request(StunMethod.Binding))));

        Send(genuine); // a repetition
        byte[] tampered = [.. genuine];
        tampered[10] = 77; // another number, the old tag
        Send(tampered);
        byte[] otherEpoch = [.. genuine];
        otherEpoch[4] = 2;
        Send(otherEpoch);
        await Eventually.TrueAsync(() => running.Drops("refused_dtls_record") == 3);
        Send(genuine[..20]);
        Send([.. genuine[..3], 0, 0, .. genuine[5..], 22]); // epoch 0, and a byte behind it
        Send([25, 254, 253, 0, 1]);
        await Eventually.TrueAsync(() => running.Drops("malformed_dtls_record") == 3);

        Assert.Equal(0, RunningRelay.Code(client.Ask(RunningRelay.Request(StunMethod.Binding))));
        Assert.Equal(1, running.Sessions());

        void Send(byte[] datagram) => client.Socket.SendTo(datagram, client.Server);
    }

    [Fact]
    public async Task A_record_from_a_stranger_is_dropped()
    {
        using TestCertificates files = DtlsRelay.Certificates();
        await using RunningRelay running = await DtlsRelay.StartAsync(files);
        using var client = new DtlsTestClient(running.Port);
        client.Socket.SendTo([23, 254, 253, 0, 1, 0, 0, 0, 0, 0, 0, 0, 4, 1, 2, 3, 4], client.Server);
        await Eventually.TrueAsync(() => running.Drops("no_dtls_session") == 1);
        Assert.Equal(0, client.Socket.Available);
    }

    [Fact]
    public async Task A_new_handshake_from_the_same_address_takes_the_old_sessions_place() // RFC 6347 section 4.2.8
    {
        using TestCertificates files = DtlsRelay.Certificates();
        await using RunningRelay running = await DtlsRelay.StartAsync(files);
        using DtlsTestClient before = new DtlsTestClient(running.Port).Connect();
        before.Allocate();
        using DtlsTestClient after = new DtlsTestClient(running.Port, before.Socket).Connect();
        // The server knows that the handshake is finished when the client's last message has come.
        await Eventually.EqualAsync(0, () => running.Relay.Allocations);
        Assert.Equal(1, running.Sessions());
        after.Allocate();
        Assert.Equal(1, running.Relay.Allocations);
        Assert.Equal(2, running.Handshakes("completed"));
    }

    [Fact]
    public async Task Until_a_new_handshake_is_finished_the_old_session_serves()
    {
        using TestCertificates files = DtlsRelay.Certificates();
        await using RunningRelay running = await DtlsRelay.StartAsync(files, ("Edge:Dtls:HandshakeTimeout", "1"));
        using DtlsTestClient client = new DtlsTestClient(running.Port).Connect();
        (byte[] nonce, _) = client.Allocate();
        new Hello().Begin(client.Socket, client.Server);
        Assert.Equal(0, RunningRelay.Code(client.Ask(RunningRelay.Request(StunMethod.Refresh, nonce))));
        await Eventually.TrueAsync(() => running.Handshakes("timed_out") == 1);
        Assert.Equal(0, RunningRelay.Code(client.Ask(RunningRelay.Request(StunMethod.Refresh, nonce))));
        Assert.Equal(1, running.Relay.Allocations);
    }

    [Fact]
    public async Task A_client_that_begins_anew_ends_its_unfinished_handshake()
    {
        using TestCertificates files = DtlsRelay.Certificates();
        await using RunningRelay running = await DtlsRelay.StartAsync(files);
        using var client = new DtlsTestClient(running.Port);
        new Hello().Begin(client.Socket, client.Server);
        client.Connect();
        await Eventually.TrueAsync(() => running.Handshakes("cancelled") == 1 && running.Handshakes("completed") == 1);
        Assert.Equal(1, running.Sessions());
    }

    [Fact]
    public async Task A_session_without_allocation_ends_after_thirty_silent_seconds()
    {
        using TestCertificates files = DtlsRelay.Certificates();
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using RunningRelay running = await DtlsRelay.StartAsync(time, files);
        using DtlsTestClient idle = new DtlsTestClient(running.Port).Connect();
        using DtlsTestClient busy = new DtlsTestClient(running.Port).Connect();
        (byte[] nonce, _) = busy.Allocate();
        time.Advance(TimeSpan.FromSeconds(29));
        Assert.Equal(0, RunningRelay.Code(busy.Ask(RunningRelay.Request(StunMethod.Refresh, nonce))));
        Assert.Equal(2, running.Sessions());
        time.Advance(TimeSpan.FromSeconds(31));
        await Eventually.TrueAsync(() => running.Sessions() == 1);
        Assert.Equal(0, RunningRelay.Code(busy.Ask(RunningRelay.Request(StunMethod.Refresh, nonce))));
        Assert.Null(idle.TryReceive(1000)); // close_notify came: the library says no more than that nothing follows
    }

    [Fact]
    public async Task A_relay_that_stops_says_goodbye_and_keeps_nothing()
    {
        using TestCertificates files = DtlsRelay.Certificates();
        RunningRelay running = await DtlsRelay.StartAsync(files);
        using DtlsTestClient client = new DtlsTestClient(running.Port).Connect();
        client.Allocate();
        using Socket unfinished = RunningRelay.Client();
        new Hello().Begin(unfinished, client.Server);
        await running.DisposeAsync();
        byte[] bytes = new byte[2048];
        int length = client.Socket.Receive(bytes);
        Assert.Equal(21, bytes[0]); // an alert, and of the session's epoch
        Assert.Equal(1, bytes[4]);
        Assert.True(length > DtlsRecord.HeaderLength);
        Assert.Equal(0, running.Sessions());
        Assert.Equal(0, running.Relay.Allocations);
    }
}
