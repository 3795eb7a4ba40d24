using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Turnpike.LoadTest.CommandLine;
using Turnpike.LoadTest.Probe;
using Turnpike.LoadTest.Relay;
using Turnpike.LoadTest.Search;
using Turnpike.LoadTest.Turn;
using Turnpike.Protocol;

namespace Turnpike.LoadTest.Scenarios;

/// <summary>A scenario from the command line: a preset, what is changed of it, and the server.</summary>
internal static class ScenarioArguments
{
    private const double LongestRun = 30 * 86_400;

    /// <summary>What an issued credential has to outlive the run by, for making allocations before it and deleting them after.</summary>
    private static readonly TimeSpan IssuedMargin = TimeSpan.FromMinutes(5);

    private static readonly string[] OfOneStream = ["size", "pps", "burst", "direction"];

    private static readonly string[] OfChurn = ["churn", "hold", "churn-packets"];

    public static readonly Option[] Known =
    [
        new("scenario", "NAME", $"{string.Join(", ", Preset.All.Select(preset => preset.Name))}: see below (required)"),
        new("calls", "N", "calls, each an allocation with a peer; with --direction pairs, two allocations (default: the scenario's)"),
        new("seconds", "S", "measured time (default: the scenario's)"),
        new("warmup", "S", "time with traffic before the measured time (default: the scenario's)"),
        new("size", "BYTES", $"payload of a packet, at least {PacketStamp.Length}; like --pps, --burst and --direction where the scenario has one kind of traffic"),
        new("pps", "PACKETS/S", "packets a second of a call, each way"),
        new("burst", "N", "packets of a call that leave at once"),
        new("direction", "up|down|both|pairs", "client to peer, peer to client, both, or client to client: each other's peers"),
        new("churn", "PER-SECOND", "Allocates a second of a scenario in which allocations come and go"),
        new("hold", "S", "how long each of those allocations is held"),
        new("churn-packets", "N", $"packets of {ChurnPackets.PayloadBytes} B through each of those allocations, there and back (default {Preset.PacketsOfCall}; 0: none)"),
        new("server", "HOST:PORT", "the TURN server (required without --api, which names one)"),
        new("transport", "udp|tcp|tls", "from client to server", "udp"),
        new("ca", "FILE", "with tls: PEM file with the issuer of the server's certificate, where the system does not trust it"),
        new("server-name", "NAME", "with tls: the name that the certificate must have (default: the server's host)"),
        new("framing", "channel|send", "ChannelData, or Send and Data indications", "channel"),
        new("family", "4|6", "family of the relayed transport addresses and the peers (default: of --peer-address, else of the server)"),
        new("peer-address", "IP", "local address of the peers, reachable from the server (default: the one that reaches the server)"),
        new("user", "NAME", "user name; with --secret or --api the user that the credential is made for (then default loadtest)"),
        new("password", "TEXT", $"password of --user (long-term credential); or {SecretVariables.Password} in the environment, which others cannot read"),
        new("secret", "TEXT", $"TURN REST secret: the credential is made from it; or {SecretVariables.Secret} in the environment"),
        .. IssuingApi.Known,
        new("pacing", "sleep|spin", "spin sends each packet at its exact time and takes a whole core", "sleep"),
    ];

    /// <summary>The scenarios, for the help.</summary>
    public static string Scenarios => string.Concat(Preset.All.Select(preset =>
        string.Create(CultureInfo.InvariantCulture, $"  {preset.Name,-8} {preset.Summary} ({preset.Calls} calls, {preset.Seconds:0} s)\n")));

    /// <param name="given">The command line.</param>
    /// <param name="token">For the API.</param>
    /// <param name="time">The clock.</param>
    /// <param name="stop">Ends the wait for the API.</param>
    /// <param name="search">What comes after the run with the same credential.</param>
    /// <exception cref="UsageException">The arguments ask for what cannot be.</exception>
    /// <exception cref="TurnRefusedException">The API refuses, or names no server.</exception>
    public static async Task<ScenarioOptions> ReadAsync(ParsedOptions given, string? token, TimeProvider time, CancellationToken stop, SearchPlan? search = null)
    {
        string name = given.RequiredText("scenario");
        Preset preset = Preset.All.FirstOrDefault(each => each.Name == name)
            ?? throw new UsageException($"--scenario is one of {string.Join(", ", Preset.All.Select(each => each.Name))}, not '{name}'");
        double seconds = given.Has("seconds") ? given.Number("seconds", 0.1, LongestRun) : preset.Seconds;
        double warmup = given.Has("warmup") ? given.Number("warmup", 0, 3600) : preset.WarmupSeconds;
        int calls = given.Has("calls") ? given.Integer("calls", preset.FewestCalls, RelayOptions.MaximumAllocations) : preset.Calls;
        IReadOnlyList<StreamPlan> streams = Streams(given, preset, calls);
        ChurnPlan? churn = Churn(given, preset, calls);
        var transport = given.Choice<ClientTransport>("transport");
        X509Certificate2Collection? issuers = TlsIssuers(given, transport);
        IPAddress? peer = RelayOptions.PeerAddressFrom(given);
        AddressFamily? family = Family(given, peer);
        Framing framing = given.Choice<Framing>("framing");
        Pacing pacing = given.Choice<Pacing>("pacing");

        (TurnTarget target, ITurnCredentials credentials) =
            await ServerAsync(
                given, token, transport, issuers, TimeSpan.FromSeconds(seconds + warmup) + (search?.Longest(warmup) ?? TimeSpan.Zero), time, stop);
        if (credentials is RenewedCredentials renewed)
        {
            RefuseOutliving(renewed, streams, churn, search is not null);
        }

        family ??= TransportAddress.From(peer ?? target.Endpoint.Address, 0).Family;
        return new ScenarioOptions(preset.Name, target, credentials, streams, churn, seconds, warmup, framing, pacing, family.Value, peer);
    }

    /// <summary>An allocation ends with the credential that made it, and not every one can be made anew with the next.</summary>
    private static void RefuseOutliving(RenewedCredentials credentials, IReadOnlyList<StreamPlan> streams, ChurnPlan? churn, bool isSearched)
    {
        if (streams.Any(stream => stream.Direction == Direction.Pairs))
        {
            throw new UsageException(string.Create(
                CultureInfo.InvariantCulture,
                $"the API's credentials end after {credentials.Life.TotalSeconds:0} s, before the run{(isSearched ? " and its search" : "")} may, and with --direction pairs allocations cannot be made anew meanwhile: shorten --seconds{(isSearched ? " or --find-seconds" : "")}"));
        }

        if (churn is not null && churn.HoldSeconds > credentials.Left.TotalSeconds)
        {
            throw new UsageException(string.Create(
                CultureInfo.InvariantCulture,
                $"--hold {churn.HoldSeconds} is longer than the API's credentials last: an allocation that comes and goes is not made anew, and its credential, of {credentials.Life.TotalSeconds:0} s, may have {Math.Max(0, credentials.Left.TotalSeconds):0} s left when it is made"));
        }
    }

    private static IReadOnlyList<StreamPlan> Streams(ParsedOptions given, Preset preset, int calls)
    {
        IReadOnlyList<StreamPlan> streams = preset.Streams(calls);
        if (streams.Count != 1)
        {
            return Array.Find(OfOneStream, given.Has) is string option
                ? throw new UsageException($"--{option} cannot be given for {preset.Name}, which has several kinds of traffic")
                : streams;
        }

        StreamPlan plan = streams[0];
        plan = plan with
        {
            PayloadBytes = given.Has("size") ? given.Integer("size", PacketStamp.Length, RelayOptions.MaximumPayload) : plan.PayloadBytes,
            PacketsPerSecond = given.Has("pps") ? given.Number("pps", 0.01, 1_000_000) : plan.PacketsPerSecond,
            Burst = given.Has("burst") ? given.Integer("burst", 1, RelayOptions.MaximumBurst) : plan.Burst,
            Direction = given.Has("direction") ? given.Choice<Direction>("direction") : plan.Direction,
        };
        if (plan.Direction == Direction.Pairs)
        {
            plan = plan with { Allocations = 2 * plan.Allocations };
        }

        return plan.Allocations <= RelayOptions.MaximumAllocations
            ? [plan]
            : throw new UsageException($"--calls is at most {RelayOptions.MaximumAllocations / 2} in pairs, as each takes two allocations");
    }

    private static ChurnPlan? Churn(ParsedOptions given, Preset preset, int calls)
    {
        if (preset.Churn is null)
        {
            return Array.Find(OfChurn, given.Has) is string option
                ? throw new UsageException($"--{option} cannot be given for {preset.Name}, in which no allocations come and go")
                : null;
        }

        ChurnPlan plan = preset.Churn(calls);
        double hold = given.Has("hold") ? given.Number("hold", 0, 86_400) : plan.HoldSeconds;
        plan = new ChurnPlan(
            given.Has("churn") ? given.Number("churn", 0.01, 100_000) : plan.PerSecond,
            hold,
            given.Has("churn-packets") ? given.Integer("churn-packets", 0, ChurnPackets.Most) : plan.Packets);
        double held = plan.PerSecond * hold;
        return held <= RelayOptions.MaximumAllocations
            ? plan
            : throw new UsageException(string.Create(
                CultureInfo.InvariantCulture, $"--churn {plan.PerSecond} with --hold {hold} holds {held:0} allocations at a time, more than {RelayOptions.MaximumAllocations}"));
    }

    private static X509Certificate2Collection? TlsIssuers(ParsedOptions given, ClientTransport transport)
    {
        if (transport != ClientTransport.Tls && (given.Has("ca") || given.Has("server-name")))
        {
            throw new UsageException($"--{(given.Has("ca") ? "ca" : "server-name")} is for --transport tls");
        }

        return given.Text("ca") is string file ? IssuingApi.ReadIssuers("ca", file) : null;
    }

    private static AddressFamily? Family(ParsedOptions given, IPAddress? peer)
    {
        AddressFamily? family = given.Text("family") switch
        {
            null => null,
            "4" => AddressFamily.IPv4,
            "6" => AddressFamily.IPv6,
            string other => throw new UsageException($"--family is 4 or 6, not '{other}'"),
        };
        return peer is null || family is null || TransportAddress.From(peer, 0).Family == family
            ? family
            : throw new UsageException($"--peer-address {peer} is not of the family that --family {given.Text("family")} asks for");
    }

    private static async Task<(TurnTarget Target, ITurnCredentials Credentials)> ServerAsync(
        ParsedOptions given,
        string? token,
        ClientTransport transport,
        X509Certificate2Collection? issuers,
        TimeSpan duration,
        TimeProvider time,
        CancellationToken stop)
    {
        string? text = given.Text("server");
        TimeSpan needed = duration + RelayOptions.CredentialMargin;
        if (!given.Has("api"))
        {
            text = given.RequiredText("server");
            IssuingApi.RefuseAlone(given);
            TurnCredential credential = RelayOptions.CredentialFrom(
                given.Text("user"), given.Text("password"), given.Text("secret"), time.GetUtcNow() + needed);
            return (Target(text, RelayOptions.ResolveServer(text)), credential);
        }

        if (given.Has("password") || given.Has("secret"))
        {
            throw new UsageException("--api has the credential issued: give neither --password nor --secret with it");
        }

        IPEndPoint? chosen = text is null ? null : RelayOptions.ResolveServer(text);
        IssuingApi api = IssuingApi.From(given, token, given.Text("user") ?? "loadtest") with { Lifetime = needed };
        IssuedCredential issued = await IssuedCredential.AskAsync(api, transport, time, stop);
        TurnTarget target = chosen is null
            ? Target(issued.Servers[0].Name, issued.Servers[0].Endpoint)
            : Target(text!, chosen);
        bool outlastsRun = issued.ExpiresAt is not { } end || end - time.GetUtcNow() > duration + IssuedMargin;
        return (target, outlastsRun ? issued.Credential : new RenewedCredentials(api, transport, issued, time, stop));

        TurnTarget Target(string name, IPEndPoint endpoint)
        {
            string host = name[..name.LastIndexOf(':')].Trim('[', ']');
            return new TurnTarget(name, endpoint, transport, given.Text("server-name") ?? host, issuers);
        }
    }
}
