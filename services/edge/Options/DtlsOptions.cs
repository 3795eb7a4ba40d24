using System.ComponentModel.DataAnnotations;
using Turnpike.ServiceDefaults.Settings;

namespace Turnpike.Edge.Options;

/// <summary>Section <c>Edge:Dtls</c>: limits on DTLS clients. Nothing is kept for a client before it has proved its address.</summary>
public sealed class DtlsOptions : ISettingsSection
{
    /// <summary>Default 256: each has a thread that mostly waits for its client; at some 10 ms of CPU each, four cores finish as many in 1.3 s.</summary>
    [Setting("DTLS handshakes of this edge in progress; one source address (IPv6: one /64) has a quarter of them")]
    [Range(1, 10_000)]
    public int Handshakes { get; init; } = 256;

    /// <summary>Default 10: RFC 6347 §4.2.4.1 repeats a lost flight after 1, 2 and 4 seconds.</summary>
    [Setting("Time for a DTLS handshake", Unit = "seconds")]
    [Range(1, 60)]
    public int HandshakeTimeout { get; init; } = 10;

    /// <summary>Default 10000: as many as a shard has calls to carry by far. Those without an allocation end after 30 s without a record.</summary>
    [Setting("DTLS sessions of one shard, those whose handshake is in progress included")]
    [Range(1, 65_536)]
    public int Sessions { get; init; } = 10_000;

    /// <summary>Default 1452: an Ethernet frame of 1500 bytes less the headers of IPv6 and UDP.</summary>
    [Setting("Longest datagram sent to a DTLS client; a record is never split, so what does not fit is dropped", Unit = "bytes")]
    [Range(576, 16_384)]
    public int MaxDatagram { get; init; } = 1452;
}
