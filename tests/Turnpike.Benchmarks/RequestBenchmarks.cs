using BenchmarkDotNet.Attributes;
using Turnpike.Protocol;
using Turnpike.Server;

namespace Turnpike.Benchmarks;

/// <summary>What requests cost: the challenge that anybody may ask for, and a Refresh of an owner.</summary>
[MemoryDiagnoser]
public class RequestBenchmarks
{
    private MemoryServer _server = null!;
    private byte[] _allocate = [];
    private byte[] _binding = [];
    private byte[] _refresh = [];

    [GlobalSetup]
    public void SetUp()
    {
        _server = new MemoryServer(1);
        _allocate = _server.Request(StunMethod.Allocate, null, 1);
        _binding = _server.Request(StunMethod.Binding, null, 2);
        _refresh = _server.Request(StunMethod.Refresh, _server.Challenge(MemoryServer.Client(0)), 3);
    }

    [Benchmark]
    public EgressKind Binding() => _server.Server.OnClientDatagram(MemoryServer.Client(1), _binding, 1).Kind;

    [Benchmark]
    public EgressKind Challenge() => _server.Server.OnClientDatagram(MemoryServer.Client(1), _allocate, 1).Kind;

    [Benchmark]
    public EgressKind Refresh() => _server.Server.OnClientDatagram(MemoryServer.Client(0), _refresh, 1).Kind;
}
