using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using Turnpike.Edge.Options;
using Turnpike.Edge.Tests.Host;
using Turnpike.Edge.Tests.Streams;
using Turnpike.Edge.Tests.Transport;
using Turnpike.Edge.Transport;
using Turnpike.Edge.Transport.Dtls;
using Turnpike.Server;
using Turnpike.ServiceDefaults.Tls;

namespace Turnpike.Edge.Tests.Dtls;

/// <summary>Shards that share a port, a policy with mobility, and one thread; which of them a client comes to is the test's choice.</summary>
internal sealed class HandShards : IDisposable
{
    private readonly ServerCertificates _certificates;
    private readonly HandShard[] _shards;
    private readonly ConcurrentDictionary<ushort, int> _kernel = new();
    private readonly ConcurrentQueue<Action> _questions = new();
    private Thread? _thread;
    private volatile bool _stopping;

    public HandShards(TestCertificates files, int count, TimeProvider? time = null, int sessions = 10)
    {
        EdgeSettings settings = Reading.Good(
        [
            ("Edge:Users:0", $"{RunningRelay.User}:{RunningRelay.Password}"),
            ("Edge:Users:1", "bob:bobby"),
            ("Edge:Peers:AllowPrivate:0", "127.0.0.0/8"),
            ("Edge:Protocol:Mobility", "true"),
            ("Edge:Quota:UnauthenticatedResponsesPerSecond", "10000"),
            .. files.Settings,
        ]);
        var rules = new LocalRules(settings, TimeProvider.System);
        rules.UsePlaces(new RelayPlaces([], 49_152, 65_535, [], NatDiscovery: null));
        ServerPolicy policy = rules.PolicyOf(0);
        _certificates = new ServerCertificates(settings.TlsFiles, TimeProvider.System, NullLogger<ServerCertificates>.Instance);
        _certificates.Start();
        var handshakes = new DtlsHandshakes(() => _certificates.Current!, 8, 10_000);
        var clock = new ShardClock(time ?? TimeProvider.System);
        _shards = new HandShard[count];
        for (int i = 0; i < count; i++)
        {
            _shards[i] = new HandShard(i, i == 0 ? 0 : Port, policy, clock, handshakes, sessions, Kernel);
        }

        MovedSessions[] moved = [.. _shards.Select(shard => shard.Dtls.UseMobility([shard.Listener], () => { }))];
        Array.ForEach(moved, one => one.All = moved);
    }

    public int Port => _shards[0].Listener.Local.Port;

    public HandShard this[int number] => _shards[number];

    /// <summary>One turn of each.</summary>
    public void Turn()
    {
        foreach (HandShard shard in _shards)
        {
            shard.Turn(waitMilliseconds: 1);
        }
    }

    /// <summary>From now on they turn by themselves; they are asked through <see cref="Ask"/>.</summary>
    public HandShards Start()
    {
        _thread = new Thread(Run) { IsBackground = true, Name = "hand-shards" };
        _thread.Start();
        return this;
    }

    /// <summary>A client whose datagrams come to a shard.</summary>
    public DtlsTestClient ClientAt(int shard)
    {
        var client = new DtlsTestClient(Port);
        _kernel[(ushort)((System.Net.IPEndPoint)client.Socket.LocalEndPoint!).Port] = shard;
        return client;
    }

    /// <summary>The same, with a session.</summary>
    public DtlsTestClient ConnectAt(int shard) => ClientAt(shard).Connect();

    /// <summary>Sessions that a shard has.</summary>
    public long Sessions(int shard) => Ask(() => _shards[shard].Dtls.Counters.Sessions);

    /// <summary>Sessions of a shard that are away.</summary>
    public int Away(int shard) => Ask(() => _shards[shard].Dtls.Moved!.Count);

    public int Allocations(int shard) => Ask(() => _shards[shard].Server.AllocationCount);

    public long Drops(int shard, DropReason reason) => Ask(() => _shards[shard].Server.Counters.Drops(reason));

    /// <summary>Asks between two turns.</summary>
    public T Ask<T>(Func<T> question)
    {
        using var done = new ManualResetEventSlim();
        T answer = default!;
        _questions.Enqueue(() =>
        {
            answer = question();
            done.Set();
        });
        Assert.True(done.Wait(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken));
        return answer;
    }

    public void Dispose()
    {
        _stopping = true;
        _thread?.Join();
        Array.ForEach(_shards, shard => shard.Dispose());
        _certificates.Dispose();
    }

    private HandShard? Kernel(ushort port) => _kernel.TryGetValue(port, out int shard) ? _shards[shard] : null;

    private void Run()
    {
        while (!_stopping)
        {
            Array.ForEach(_shards, static shard => shard.Tick());
            Turn();
            while (_questions.TryDequeue(out Action? question))
            {
                question();
            }
        }
    }
}
