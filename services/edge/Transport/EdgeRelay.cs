using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Turnpike.Edge.Management;
using Turnpike.Edge.Options;
using Turnpike.Edge.Tracing;
using Turnpike.Edge.Transport.Dtls;
using Turnpike.Edge.Transport.Streams;
using Turnpike.Edge.Transport.TcpRelay;
using Turnpike.Protocol;
using Turnpike.Server;
using Turnpike.ServiceDefaults.Settings;
using Turnpike.ServiceDefaults.Tls;
using Turnpike.Sockets;

namespace Turnpike.Edge.Transport;

/// <summary>The relay of this process: opens the listeners, runs the shards, and is what the rest of the process sees of them.</summary>
internal sealed partial class EdgeRelay : IRelay, IHostedLifecycleService, IDisposable
{
    // Milliseconds: less than anybody grants, and more than two clocks drift apart between heartbeats.
    private const long EndTolerance = 2000;

    private readonly EdgeSettings _settings;
    private readonly IServer _management;
    private readonly IHostApplicationLifetime _application;
    private readonly ILogger<EdgeRelay> _logger;
    private readonly ServerCertificates _certificates;
    private readonly StreamServer _streams;
    private readonly DtlsHandshakes _handshakes;
    private readonly TimeProvider _time;
    private readonly ShardClock _clock;
    private readonly IRelayRules _rules;
    private readonly RelayDistributions _distributions;
    private readonly IAllocationObserver _sessions;
    private readonly CountedRealms _counted;
    private readonly Lock _draining = new();
    private readonly ReservationTable _reservations = new();
    private readonly RelayInterface[] _interfaces;
    private readonly RelayShortage _shortage;
    private readonly List<Shard> _shards = [];
    private readonly AdvertisedListeners _listeners;
    private readonly List<IPEndPoint> _alternates = [];
    private NatDiscoveryPolicy? _natDiscovery;
    private IPEndPoint? _managementAt;
    private bool _ending;
    private bool _orderedToDrain;
    private long _endsAt = long.MaxValue;
    private long _orderedEnd = long.MaxValue;
    private long _drainEndsAt = long.MaxValue;
    private string? _failure;
    private volatile RelayState _state = RelayState.Starting;

    public EdgeRelay(
        EdgeSettings settings,
        TimeProvider time,
        IServer management,
        IHostApplicationLifetime application,
        ServerCertificates certificates,
        StreamServer streams,
        RelayDistributions distributions,
        ILogger<EdgeRelay> logger,
        IRelayRules? rules = null,
        AllocationTracer? tracer = null)
    {
        _settings = settings;
        _management = management;
        _application = application;
        _certificates = certificates;
        _streams = streams;
        _logger = logger;
        _handshakes = new DtlsHandshakes(
            () => certificates.Current!, settings.Dtls.Handshakes, settings.Dtls.HandshakeTimeout * 1000);
        _time = time;
        _clock = new ShardClock(time);
        _rules = rules ?? new LocalRules(settings, time);
        _distributions = distributions;
        _sessions = distributions.Sessions(tracer?.Observe(_rules.Observer) ?? _rules.Observer, () => _clock.Now);
        _counted = new CountedRealms(settings.Metrics.Realms);
        _interfaces = Interfaces(settings);
        _listeners = new AdvertisedListeners(_interfaces);
        _shortage = new RelayShortage(_interfaces, _clock, logger);
    }

    public RelayState State => _state;

    public string? NotReadyReason => _failure ?? PrivateReason;

    /// <summary>Why clients outside could not reach what they are told; null where they can, or need not.</summary>
    public string? PrivateReason => _settings.Relay.AllowPrivate || _settings.Trial ? null : RelayInterface.WhyPrivate(_interfaces);

    /// <summary>Private addresses of relays that the settings say nothing about; loopback last.</summary>
    public IReadOnlyList<IPAddress> UnnamedAddresses =>
    [
        .. _interfaces.Where(on => !on.IsNamed && SpecialPurposeAddresses.Contains(on.Local))
            .Select(on => on.Local.ToIPEndPoint().Address)
            .OrderBy(IPAddress.IsLoopback),
    ];

    public long Allocations => _shards.Sum(shard => (long)shard.Server.AllocationCount);

    public IReadOnlyList<string> ListenerUrls => _listeners.Urls;

    public IReadOnlyList<IPAddress> RelayAddresses => [.. _interfaces.Select(on => on.Public.ToIPEndPoint().Address)];

    public IReadOnlyList<TimeSpan> ShardBusyTimes => [.. _shards.Select(shard => shard.BusyTime)];

    public IReadOnlyList<ReactorCounters> ShardSockets => [.. _shards.Select(shard => shard.Sockets)];

    public Task StartingAsync(CancellationToken cancellationToken)
    {
        if (_settings.Listeners.Any(listener => listener.HasTls || listener.HasDtls))
        {
            _certificates.Start();
        }

        // Every listener is bound before any is served: the kernel spreads clients by the number of sockets that share a port.
        _managementAt = _settings.Management.Port == 0 ? null : _settings.Management;
        _rules.UsePlaces(Places());
        int count = ShardCount();
        for (int i = 0; i < count; i++)
        {
            _shards.Add(CreateShard(i));
        }

        _rules.Serve(_shards);
        CheckListenerPorts();
        for (int i = 0; i < _settings.Listeners.Count; i++)
        {
            if (_settings.Listeners[i].IsStream)
            {
                ListenForStreams(i);
            }
            else
            {
                Listen(i);
            }
        }

        if (_settings.Protocol.Mobility && count > 1)
        {
            ServeMobilityAmongShards();
        }

        if (_settings.NatDiscovery is { } discovery)
        {
            _natDiscovery = NatDiscoveryListeners.Open(_shards, discovery, ListenerOptions(wildcard: false), _alternates);
        }

        // After the listeners, whose own message is the better one where it is their address that is wrong.
        CheckRelayAddresses();
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        // The listeners' real ports are known now, and are no peers of anybody.
        _rules.UsePlaces(Places());
        foreach (Shard shard in _shards)
        {
            shard.Server.UpdatePolicy(_rules.PolicyOf(shard.Server.Shard));
            shard.Start();
        }

        // Kestrel accepts from now on; when the process is to end, clients are told before it waits for them.
        _streams.Start(_shards, _clock);
        _application.ApplicationStopping.Register(_streams.Stop);
        _state = RelayState.Ready;
        ApplyDrain();
        return Task.CompletedTask;
    }

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        string? bound = _management.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault();
        if (_settings.Management.Port == 0 && Uri.TryCreate(bound, UriKind.Absolute, out Uri? uri))
        {
            _managementAt = new IPEndPoint(_settings.Management.Address, uri.Port);
            ApplyPlaces();
        }

        return Task.CompletedTask;
    }

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken)
    {
        _state = RelayState.Stopped;
        Dispose();
        _rules.Stop();
        return Task.CompletedTask;
    }

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void BeginDrain(TimeSpan? left = null)
    {
        _endsAt = EndOf(left);
        _ending = true;
        ApplyDrain();
    }

    public void DrainByOrder(bool drain, TimeSpan? left = null)
    {
        _orderedEnd = drain ? EndOf(left) : long.MaxValue;
        _orderedToDrain = drain;
        ApplyDrain();
    }

    /// <summary>Clients are told these addresses from now on.</summary>
    /// <param name="found">By the relay's own address.</param>
    public void Tell(IReadOnlyDictionary<IPAddress, IPAddress> found)
    {
        foreach (RelayInterface on in _interfaces)
        {
            if (found.TryGetValue(on.Local.ToIPEndPoint().Address, out IPAddress? outside))
            {
                on.Tell(TransportAddress.From(outside, 0));
            }
        }

        // Before the start the shards have yet to be told anything.
        _listeners.Refresh();
        if (found.Count > 0 && _state is RelayState.Ready or RelayState.Draining)
        {
            ApplyPlaces();
        }
    }

    public void EndAllocations(IReadOnlyList<long> ids)
    {
        foreach (IGrouping<int, long> own in ids.GroupBy(TurnServer.ShardOf).Where(own => own.Key >= 0 && own.Key < _shards.Count))
        {
            _shards[own.Key].Post(server =>
            {
                foreach (long id in own)
                {
                    server.EndAllocation(id, AllocationEnd.Terminated);
                }
            });
        }
    }

    public void EndAllAllocations() =>
        _shards.ForEach(shard => shard.Post(server => server.EndAllocations(static _ => true, AllocationEnd.Terminated)));

    public RelaySnapshot Read()
    {
        RelaySnapshot snapshot = RelayReport.Read(_shards, _interfaces);
        return snapshot with
        {
            Realms =
            [
                .. snapshot.Realms.Select(
                    realm => realm.Name == CountedRealms.Other ? realm : realm with { Limit = _rules.AllocationLimitOf(realm.Name) }),
            ],
            DrainEndsAt = UnixDrainEnd(),
            Streams = new StreamSnapshot(_streams.Open, _streams.Closed, _certificates.Current?.ExpiresAt),
        };
    }

    public void Dispose() => _shards.ForEach(shard => shard.Dispose());

    private void ApplyPlaces()
    {
        _rules.UsePlaces(Places());
        _shards.ForEach(shard => shard.Post(server => server.UpdatePolicy(_rules.PolicyOf(server.Shard))));
    }

    /// <summary>Drains while a signal or an order wants it; a signal is not taken back.</summary>
    private void ApplyDrain()
    {
        lock (_draining)
        {
            bool drain = _ending || _orderedToDrain;
            long end = Math.Min(_endsAt, _orderedEnd);
            bool changes = _state == (drain ? RelayState.Ready : RelayState.Draining);
            // An order tells its end again with each heartbeat, by another clock; one that has passed is told as now, and stays where it was.
            long now = _clock.Now;
            bool moves = _state == RelayState.Draining && Math.Abs(end - _drainEndsAt) > EndTolerance && !(end <= now && _drainEndsAt <= now);
            if (!changes && !moves)
            {
                return;
            }

            _state = drain ? RelayState.Draining : RelayState.Ready;
            _drainEndsAt = end;
            _shards.ForEach(shard => shard.Post(server => (server.Draining, server.DrainEndsAt) = (drain, end)));
        }
    }

    private long? UnixDrainEnd()
    {
        long end = Interlocked.Read(ref _drainEndsAt);
        return _state != RelayState.Draining || end == long.MaxValue ? null : (_clock.UnixNow + end - _clock.Now) / 1000;
    }

    private long EndOf(TimeSpan? left) => left is { } time ? _clock.Now + (long)time.TotalMilliseconds : long.MaxValue;

    private static RelayInterface[] Interfaces(EdgeSettings settings)
    {
        IEnumerable<(IPAddress Local, IPAddress Public, bool IsNamed)> addresses = settings.RelayAddresses.Count > 0
            ? settings.RelayAddresses.Select(address => (address.Address, address.Public, settings.Relay.PublicAddresses.Length > 0))
            : settings.Listeners
                .SelectMany(listener => LocalAddresses.Expand(listener.Endpoint.Address)
                    .Select(address => (Local: address, Public: listener.Public ?? address, IsNamed: listener.Public is not null)))
                .DistinctBy(address => address.Local);
        return
        [
            .. addresses.Select(address => new RelayInterface(
                TransportAddress.From(address.Local, 0),
                TransportAddress.From(address.Public, 0),
                new RelayPorts(settings.Relay.MinPort, settings.Relay.MaxPort))
            {
                IsNamed = address.IsNamed,
                TcpPorts = settings.Protocol.TcpRelay ? new RelayPorts(settings.Relay.MinPort, settings.Relay.MaxPort) : null,
            }),
        ];
    }

    /// <summary>An address that cannot be bound would show only when the first client asks for it.</summary>
    private void CheckRelayAddresses()
    {
        using DatagramReactor probe = DatagramReactor.Create(new ReactorOptions { Portable = _settings.Sockets.Portable });
        for (int i = 0; i < _interfaces.Length; i++)
        {
            TransportAddress local = _interfaces[i].Local;
            if (!probe.TryOpen(local.ToSocketEndpoint(), new DatagramSocketOptions(), state: null, out _, out SocketError error))
            {
                IPAddress address = local.ToIPEndPoint().Address;
                string why = $"cannot open sockets there ({new SocketException((int)error).Message})";
                throw new SettingsException(
                    EdgeSettings.Catalog.Of<RelayOptions>(nameof(RelayOptions.Addresses)).Problem($"{address}", why, $"{i}"));
            }
        }
    }

    private int ShardCount()
    {
        // The portable backend has no portable way to spread one port over several sockets.
        if (!OperatingSystem.IsLinux() || _settings.Sockets.Portable)
        {
            return 1;
        }

        // The runtime reads the cgroup's CPU limit and the process's CPU set.
        return _settings.Shards > 0 ? _settings.Shards : Environment.ProcessorCount;
    }

    private Shard CreateShard(int number)
    {
        DatagramReactor reactor = DatagramReactor.Create(new ReactorOptions
        {
            Portable = _settings.Sockets.Portable,
            SegmentationOffload = _settings.Sockets.SegmentationOffload,
        });
        var options = new DatagramSocketOptions
        {
            ReceiveBuffer = _settings.Sockets.RelayReceiveBuffer,
            SendBuffer = _settings.Sockets.RelaySendBuffer,
            ReceiveTrafficClass = _settings.Relay.PreserveTrafficClass,
            ReceiveErrors = true,
            StartsIdle = true,
        };
        var pool = new RelaySocketPool(reactor, _interfaces, options, _shortage.OnRefused);
        PeerConnections? connections = _settings.Protocol.TcpRelay
            ? new PeerConnections(_interfaces, _time, _shortage.OnRefused)
            : null;
        var server = new TurnServer(
            _rules.PolicyOf(number), pool, _rules.QuotaOf(number), _reservations, connections: connections, connectionIds: new ConnectionIds(number, ShardCount()), countedRealms: _counted)
        {
            Shard = (byte)number,
            Observer = _sessions,
        };
        int? cpu = _settings.PinShards ? ThreadAffinity.Cpus[number % ThreadAffinity.Cpus.Count] : null;
        var shard = new Shard(number, cpu, reactor, server, _clock, _settings.Relay.PreserveTrafficClass, _distributions.OnLoop, OnShardFailed);
        shard.UseRelays(pool.Relays);
        if (connections is not null)
        {
            shard.UseTcpRelay(connections, id => _shards[ConnectionIds.ShardOf(id, _shards.Count)].Streams);
        }

        return shard;
    }

    /// <summary>Clients that move (RFC 8016) may come to another shard than the one that has their allocation.</summary>
    private void ServeMobilityAmongShards()
    {
        MovedClients[] clients = [.. _shards.Select(shard => shard.UseMobility())];
        Array.ForEach(clients, one => one.All = clients);
        _shards.ForEach(shard => shard.Streams.TicketOwner = number => number < _shards.Count ? _shards[number].Streams : shard.Streams);
        if (_shards[0].Dtls is not null)
        {
            MovedSessions[] sessions = [.. _shards.Select(shard => shard.Dtls!.UseMobility(shard.Listeners, shard.Wake))];
            Array.ForEach(sessions, one => one.All = sessions);
        }
    }

    private RelayPlaces Places()
    {
        IEnumerable<IPEndPoint> own = _managementAt is null ? _alternates : _alternates.Append(_managementAt);
        List<TransportAddress> addresses =
        [
            .. _listeners.Addresses,
            .. own.SelectMany(endpoint => LocalAddresses.Expand(endpoint.Address)
                .Select(address => TransportAddress.From(address, (ushort)endpoint.Port))),
        ];
        if (_settings.NatDiscovery is { } discovery)
        {
            addresses.AddRange(_alternates.Select(alternate => TransportAddress.From(
                alternate.Address.Equals(discovery.Alternate)
                    ? discovery.AlternatePublic
                    : discovery.Listener.Public ?? alternate.Address,
                (ushort)alternate.Port)));
        }

        return new RelayPlaces(
            [.. _interfaces.Select(on => new Turnpike.Server.RelayAddress(on.Local, on.Public))],
            (ushort)_settings.Relay.MinPort,
            (ushort)_settings.Relay.MaxPort,
            addresses,
            _natDiscovery);
    }

    private void OnShardFailed(Exception exception)
    {
        _failure = "a shard has failed";
        LogShardFailed(_logger, exception);
        Environment.ExitCode = 1;
        _application.StopApplication();
    }

    [LoggerMessage(EventId = 1202, Level = LogLevel.Critical, Message = "A shard has failed; the process stops")]
    private static partial void LogShardFailed(ILogger logger, Exception exception);
}
