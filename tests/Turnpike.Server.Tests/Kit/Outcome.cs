using Turnpike.Protocol;

namespace Turnpike.Server.Tests;

/// <summary>An <see cref="Egress"/> that outlives the next call into the server.</summary>
internal sealed class Outcome
{
    private Outcome(EgressKind kind, DropReason reason, byte[] datagram)
    {
        Kind = kind;
        Reason = reason;
        Datagram = datagram;
    }

    public EgressKind Kind { get; }

    public DropReason Reason { get; }

    public byte[] Datagram { get; }

    public FiveTuple FiveTuple { get; private init; }

    public TransportAddress Peer { get; private init; }

    public Relay? Relay { get; private init; }

    public bool DontFragment { get; private init; }

    public bool Relayed { get; private init; }

    public static Outcome Of(scoped Egress egress) => new(egress.Kind, egress.Reason, egress.Datagram.ToArray())
    {
        FiveTuple = egress.Kind == EgressKind.ToClient ? egress.FiveTuple : default,
        Peer = egress.Kind == EgressKind.ToPeer ? egress.Peer : default,
        Relay = egress.Relay,
        DontFragment = egress.DontFragment,
        Relayed = egress.Relayed,
    };

    public Outcome IsDrop(DropReason reason)
    {
        Assert.Equal(EgressKind.Drop, Kind);
        Assert.Equal(reason, Reason);
        Assert.Empty(Datagram);
        return this;
    }

    public Outcome IsPending()
    {
        Assert.Equal(EgressKind.Pending, Kind);
        return this;
    }

    public Outcome IsToPeer(TransportAddress peer, ReadOnlySpan<byte> payload)
    {
        Assert.Equal(DropReason.None, Reason);
        Assert.Equal(EgressKind.ToPeer, Kind);
        Assert.Equal(peer, Peer);
        Assert.Equal(payload.ToArray(), Datagram);
        Assert.True(Relayed);
        return this;
    }

    public Reply IsToClient()
    {
        Assert.Equal(DropReason.None, Reason);
        Assert.Equal(EgressKind.ToClient, Kind);
        return new Reply(Datagram);
    }

    /// <summary>ChannelData on a number with a payload.</summary>
    public Outcome IsChannelData(ushort number, ReadOnlySpan<byte> payload)
    {
        Assert.Equal(DropReason.None, Reason);
        Assert.Equal(EgressKind.ToClient, Kind);
        Assert.True(ChannelData.TryParse(Datagram, out ushort actual, out ReadOnlySpan<byte> data));
        Assert.Equal(number, actual);
        Assert.Equal(payload.ToArray(), data.ToArray());
        Assert.True(Relayed);
        return this;
    }
}
