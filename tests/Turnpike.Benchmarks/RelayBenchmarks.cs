using BenchmarkDotNet.Attributes;
using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;
using Turnpike.Server;

namespace Turnpike.Benchmarks;

/// <summary>What the server itself costs a relayed packet, without sockets. The Allocated column has to stay empty.</summary>
[MemoryDiagnoser]
public class RelayBenchmarks
{
    private const int Headroom = 64;

    private readonly byte[] _channelData = [0x40, 0, 0, 160, .. new byte[160]];
    private readonly byte[] _fromPeer = new byte[Headroom + 160 + 8];
    private MemoryServer _server = null!;
    private byte[] _send = [];
    private int _next;

    [Params(1, 1000)]
    public int Allocations { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        _server = new MemoryServer(Allocations);
        var writer = new StunMessageWriter(new byte[512], StunClass.Indication, StunMethod.Send, default);
        XorPeerAddress.Write(ref writer, MemoryServer.Peer);
        Data.Write(ref writer, new byte[160]);
        _send = writer.Finish().ToArray();
    }

    [Benchmark]
    public EgressKind ChannelDataToPeer() => _server.Server.OnClientDatagram(MemoryServer.Client(Next()), _channelData, 1).Kind;

    [Benchmark]
    public EgressKind SendIndicationToPeer() => _server.Server.OnClientDatagram(MemoryServer.Client(Next()), _send, 1).Kind;

    [Benchmark]
    public EgressKind PeerToChannelData() =>
        _server.Server.OnPeerDatagram(_server.Relays[Next()], MemoryServer.Peer, _fromPeer, Headroom, 160, 1).Kind;

    private int Next() => _next = (_next + 1) % Allocations;
}
