using System.ComponentModel.DataAnnotations;
using Turnpike.ServiceDefaults.Settings;

namespace Turnpike.Edge.Options;

/// <summary>Section <c>Edge:Sockets</c>: kernel buffers and the backend. The kernel may grant less, which is logged.</summary>
public sealed class SocketOptions : ISettingsSection
{
    /// <summary>Default 4 MiB: some 20 ms of traffic at 200 000 packets a second, which a shard can miss when it is not scheduled.</summary>
    [Setting("Receive buffer of each listener socket", Unit = "bytes")]
    [Range(4096, 268_435_456)]
    public int ListenerReceiveBuffer { get; init; } = 4_194_304;

    /// <summary>Default 4 MiB: as the receive buffer.</summary>
    [Setting("Send buffer of each listener socket", Unit = "bytes")]
    [Range(4096, 268_435_456)]
    public int ListenerSendBuffer { get; init; } = 4_194_304;

    /// <summary>Default 256 KiB: one call's traffic; thousands of relay sockets share the memory.</summary>
    [Setting("Receive buffer of each relay socket", Unit = "bytes")]
    [Range(4096, 268_435_456)]
    public int RelayReceiveBuffer { get; init; } = 262_144;

    /// <summary>Default 256 KiB: as the receive buffer.</summary>
    [Setting("Send buffer of each relay socket", Unit = "bytes")]
    [Range(4096, 268_435_456)]
    public int RelaySendBuffer { get; init; } = 262_144;

    /// <summary>Default true: video comes in bursts, and a burst then costs little more than a packet. Off where a driver gets it wrong.</summary>
    [Setting("Takes and sends bursts of equally long datagrams in one piece (UDP_GRO, UDP_SEGMENT)")]
    public bool SegmentationOffload { get; init; } = true;

    /// <summary>Default false: the Linux backend needs far less CPU a packet.</summary>
    [Setting("Uses the portable socket backend on Linux too")]
    public bool Portable { get; init; }
}
