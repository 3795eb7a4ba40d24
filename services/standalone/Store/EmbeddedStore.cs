using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Garnet;
using Garnet.server;
using Garnet.server.Auth.Settings;
using Tsavorite.core;

namespace Turnpike.Standalone.Store;

/// <summary>
/// The Redis-compatible store inside this process: on loopback, behind a password, and empty at each start.
/// </summary>
internal sealed class EmbeddedStore : IDisposable
{
    private const int PasswordBytes = 24;

    // Seconds between two rounds of cleaning up.
    private const int HouseKeeping = 60;
    private readonly GarnetServer _server;
    private readonly DirectoryInfo _folder;
    private bool _disposed;

    private EmbeddedStore(GarnetServer server, DirectoryInfo folder, IPEndPoint endPoint, string password)
    {
        _server = server;
        _folder = folder;
        EndPoint = endPoint;
        Password = password;
    }

    public IPEndPoint EndPoint { get; }

    public string Password { get; }

    /// <summary>What Cluster:Redis takes.</summary>
    public string ConnectionString => ConnectionStringOf(EndPoint.Port, Password);

    public static string ConnectionStringOf(int port, string password) => $"{IPAddress.Loopback}:{port},password={password}";

    /// <summary>A password as good as none to guess.</summary>
    public static string NewPassword() => RandomNumberGenerator.GetHexString(2 * PasswordBytes, lowercase: true);

    /// <summary>A loopback port that is free now.</summary>
    /// <exception cref="SocketException">The wanted port is in use.</exception>
    /// <param name="wanted">0 is the system's choice.</param>
    public static int FreePort(int wanted)
    {
        // The store's own socket may share a port with another's (SO_REUSEPORT), and half of the connections would end there.
        using Socket probe = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(new IPEndPoint(IPAddress.Loopback, wanted));
        return ((IPEndPoint)probe.LocalEndPoint!).Port;
    }

    /// <summary>Starts the store, empty; it answers when this returns.</summary>
    /// <param name="memory">Bytes of data in memory; what is beyond lies in a temporary folder, which is there as long as the store.</param>
    /// <exception cref="SocketException">The port is in use.</exception>
    public static EmbeddedStore Start(int port, string password, long memory, ILoggerFactory loggers)
    {
        IPEndPoint endPoint = new(IPAddress.Loopback, port);
        DirectoryInfo folder = Directory.CreateTempSubdirectory("turnpike-store-");
        GarnetServer? server = null;
        try
        {
            server = new(Options(endPoint, password, memory, folder), loggers);
            server.Start();
            return new EmbeddedStore(server, folder, endPoint, password);
        }
        catch
        {
            server?.Dispose();
            folder.Delete(recursive: true);
            throw;
        }
    }

    public void Dispose()
    {
        if (!Interlocked.Exchange(ref _disposed, true))
        {
            _server.Dispose();
            _folder.Delete(recursive: true);
        }
    }

    private static GarnetServerOptions Options(IPEndPoint endPoint, string password, long memory, DirectoryInfo folder) => new()
    {
        EndPoints = [endPoint],
        AuthSettings = new PasswordAuthenticationSettings(password),
        // Without transaction mode a script is no transaction: two of them interleave.
        EnableLua = true,
        LuaTransactionMode = true,
        LuaOptions = new LuaOptions(LuaMemoryManagementMode.Native, "", Timeout.InfiniteTimeSpan, LuaLoggingMode.Enable, []),
        // It writes a log: new keys go to its end, and without a file behind it what is oldest, the realms, would be forgotten first.
        LogMemorySize = memory.ToString(CultureInfo.InvariantCulture),
        PageSize = "1m",
        SegmentSize = "64m",
        ObjectLogSegmentSize = "64m",
        IndexMemorySize = "1m",
        EnableStorageTier = true,
        LogDir = folder.FullName,
        CheckpointDir = folder.FullName,
        // The native device needs a system library, libaio, that is not everywhere. The file need not survive, so it may be in the page cache.
        DeviceType = DeviceType.RandomAccess,
        DeviceFactoryCreator = new LocalStorageNamedDeviceFactoryCreator(disableFileBuffering: false, deviceType: DeviceType.RandomAccess),
        // Keys that have expired, and records that newer ones replaced, leave memory and file without anybody asking for them.
        ExpiredKeyDeletionScanFrequencySecs = HouseKeeping,
        CompactionFrequencySecs = HouseKeeping,
        CompactionType = LogCompactionType.Lookup,
        CompactionForceDelete = true,
        CompactionMaxSegments = 4,
        QuietMode = true,
    };
}
