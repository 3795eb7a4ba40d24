using System.Globalization;
using System.Net;
using Turnpike.LoadTest.CommandLine;
using Turnpike.LoadTest.Scenarios;
using Turnpike.LoadTest.Turn;

namespace Turnpike.LoadTest.Relay;

internal enum Direction { Up, Down, Both, Pairs }

/// <summary>How the generator waits for a packet's time.</summary>
internal enum Pacing
{
    /// <summary>Sleeps in between: packets leave at most about a millisecond late, in small bursts, and the generator costs little.</summary>
    Sleep,

    /// <summary>Never sleeps: each packet leaves at its own time, and the generator takes a whole core.</summary>
    Spin,
}

/// <summary>What one run sends, where, and for how long.</summary>
internal sealed record RelayOptions(
    IPEndPoint Server,
    TurnCredential Credential,
    int Allocations,
    int PayloadBytes,
    double Rate,
    double Seconds,
    double WarmupSeconds,
    Direction Direction,
    Pacing Pacing,
    IPAddress? PeerAddress = null,
    int Burst = 1,
    double QuietSeconds = RelayOptions.DefaultQuietSeconds)
{
    /// <summary>After so long without a packet those that are missing are lost.</summary>
    public const double DefaultQuietSeconds = 1;

    /// <summary>A socket each, of the 20 000 that a process usually may have.</summary>
    public const int MaximumAllocations = 16_000;

    public const int MaximumPayload = 65_000;
    public const int MaximumBurst = 1000;

    /// <summary>How long a credential made from a secret outlives the run: refreshes need it to the end.</summary>
    public static readonly TimeSpan CredentialMargin = TimeSpan.FromHours(1);

    public static readonly Option[] Known =
    [
        new("server", "HOST:PORT", "the TURN server, over UDP (required)"),
        new("user", "NAME", "user name; with --secret the name behind the expiry (then default loadtest)"),
        new("password", "TEXT", $"password of --user (long-term credential); or {SecretVariables.Password} in the environment, which others cannot read"),
        new("secret", "TEXT", $"TURN REST secret: the credential is made from it; or {SecretVariables.Secret} in the environment"),
        new("allocations", "N", "allocations, each with one channel", "100"),
        new("size", "BYTES", $"payload of a packet, at least {PacketStamp.Length}", "160"),
        new("rate", "PACKETS/S", "packets a second in all, both directions together", "10000"),
        new("burst", "N", "packets of a flow that leave at once, as the frames of a video do", "1"),
        new("seconds", "S", "measured time", "10"),
        new("warmup", "S", "time with traffic before the measured time", "1"),
        new("direction", "up|down|both|pairs", "client to peer, peer to client, half of the rate each, or client to client: each other's peers", "both"),
        new("pacing", "sleep|spin", "spin sends each packet at its exact time and takes a whole core", "sleep"),
        new("peer-address", "IP", "local address of the peers, reachable from the server (default: the one that reaches the server)"),
        new("max-loss", "PERCENT", "exit with 1 when more than this is lost", "100"),
        new("json", "FILE", "write the result as JSON; - is the standard output (the summary then goes to standard error)"),
        new("help", null, "this text"),
    ];

    public static RelayOptions From(ParsedOptions given, TimeProvider time)
    {
        double seconds = given.Number("seconds", 0.1, 86_400);
        double warmup = given.Number("warmup", 0, 3600);
        IPEndPoint server = ResolveServer(given.RequiredText("server"));
        DateTimeOffset expiresAt = time.GetUtcNow() + TimeSpan.FromSeconds(seconds + warmup) + CredentialMargin;
        return new RelayOptions(
            server,
            CredentialFrom(given.Text("user"), given.Text("password"), given.Text("secret"), expiresAt),
            given.Integer("allocations", 1, MaximumAllocations),
            given.Integer("size", PacketStamp.Length, MaximumPayload),
            given.Number("rate", 1, 10_000_000),
            seconds,
            warmup,
            given.Choice<Direction>("direction"),
            given.Choice<Pacing>("pacing"),
            PeerAddressFrom(given),
            given.Integer("burst", 1, MaximumBurst));
    }

    public static IPAddress? PeerAddressFrom(ParsedOptions given)
    {
        IPAddress? peer = null;
        return given.Text("peer-address") is not string text || IPAddress.TryParse(text, out peer)
            ? peer
            : throw new UsageException($"--peer-address is an IP address, not '{text}'");
    }

    /// <param name="user">The user; in the TURN REST form its end is known.</param>
    /// <param name="password">Its password.</param>
    /// <param name="secret">Makes a credential that lasts until <paramref name="expiresAt"/>.</param>
    /// <param name="expiresAt">The end of the run and <see cref="CredentialMargin"/>.</param>
    public static TurnCredential CredentialFrom(string? user, string? password, string? secret, DateTimeOffset expiresAt) =>
        (user, password, secret) switch
        {
            (_, null, not null) => TurnCredential.FromSecret(secret, user ?? "loadtest", expiresAt),
            (not null, not null, null) => TurnCredential.EndOf(user) is { } end && end < expiresAt - CredentialMargin
                ? throw new UsageException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"--user {user} is a credential that ends at {end:yyyy-MM-dd HH:mm:ss} UTC, before the run at {expiresAt - CredentialMargin:yyyy-MM-dd HH:mm:ss}, and cannot be renewed: shorten --seconds, or have another one issued"))
                : new TurnCredential(user, password),
            _ => throw new UsageException("give either --user and --password, or --secret"),
        };

    public static IPEndPoint ResolveServer(string text)
    {
        if (IPEndPoint.TryParse(text, out IPEndPoint? literal) && literal.Port != 0)
        {
            return literal;
        }

        int colon = text.LastIndexOf(':');
        if (colon <= 0 || !ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort port) || port == 0)
        {
            throw new UsageException($"--server is HOST:PORT, not '{text}'");
        }

        try
        {
            return new IPEndPoint(RelayRun.BestOf(Dns.GetHostAddresses(text[..colon])), port);
        }
        catch (System.Net.Sockets.SocketException exception)
        {
            throw new UsageException($"the host of --server '{text}' does not resolve: {exception.Message}");
        }
    }
}
