using System.ComponentModel.DataAnnotations;
using Turnpike.ServiceDefaults.Settings;

namespace Turnpike.Edge.Options;

/// <summary>Section <c>Edge:Streams</c>: limits on TCP and TLS clients. A connection costs memory before anybody has proved who it is.</summary>
public sealed class StreamOptions : ISettingsSection
{
    /// <summary>Default 20000: some 700 MB of idle TLS connections, or 140 MB of plain ones (36 and 7 kB each, as measured).</summary>
    [Setting("TCP and TLS connections of this edge; those beyond are closed at once")]
    [Range(1, 1_000_000)]
    public int Connections { get; init; } = 20_000;

    /// <summary>Default 0, no limit: one NAT may stand for a whole town.</summary>
    [Setting("TCP and TLS connections of one source address (IPv6: one /64); 0 is no limit")]
    [Range(0, 1_000_000)]
    public int ConnectionsPerSource { get; init; }

    /// <summary>Default 10: three round trips of a bad mobile link are far below it.</summary>
    [Setting("Time for the PROXY header and the TLS handshake together", Unit = "seconds")]
    [Range(1, 300)]
    public int HandshakeTimeout { get; init; } = 10;

    /// <summary>Default 10: clients connect because they have something to ask.</summary>
    [Setting("Time for the first complete message", Unit = "seconds")]
    [Range(1, 300)]
    public int FirstFrameTimeout { get; init; } = 10;

    /// <summary>Default 30: a client between two requests needs no longer, and RFC 6062 §5.2 gives a data connection 30 s as well.</summary>
    [Setting("Time without a complete message after which a connection that holds no allocation is closed", Unit = "seconds")]
    [Range(1, 3600)]
    public int IdleWithoutAllocation { get; init; } = 30;

    /// <summary>Default 30: the longest message needs 17 kbit/s.</summary>
    [Setting("Time that a message may take from its first byte to its last", Unit = "seconds")]
    [Range(1, 3600)]
    public int FrameTimeout { get; init; } = 30;

    /// <summary>Default 256 KiB: a second of video at 2 Mbit/s; what is older is worth nothing to a call.</summary>
    [Setting("Bytes that wait for a client that reads slowly; beyond them the oldest datagrams are dropped", Unit = "bytes")]
    [Range(65_536, 67_108_864)]
    public int SendBacklog { get; init; } = 262_144;

    /// <summary>Default 32: a client with wrong credentials asks a few times, a guesser for ever.</summary>
    [Setting("Unauthenticated error responses in a row after which a connection is closed")]
    [Range(1, 10_000)]
    public int UnauthenticatedErrors { get; init; } = 32;
}
