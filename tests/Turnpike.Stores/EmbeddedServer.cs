using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Turnpike.Standalone.Store;

namespace Turnpike.Stores;

/// <summary>The store of the standalone executable, in this process.</summary>
public sealed class EmbeddedServer : IStore
{
    // What a test puts into a store is little.
    private const long Memory = 256 * 1024 * 1024;
    private const int Attempts = 5;
    private readonly string _password = EmbeddedStore.NewPassword();
    private EmbeddedStore _store;

    private EmbeddedServer() => _store = EmbeddedStore.Start(EmbeddedStore.FreePort(0), _password, Memory, NullLoggerFactory.Instance);

    public IPEndPoint EndPoint => _store.EndPoint;

    public string ConnectionString => _store.ConnectionString;

    public static EmbeddedServer Start()
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return new EmbeddedServer();
            }
            catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressAlreadyInUse && attempt < Attempts)
            {
                // Somebody's connection took the port between its choice and its binding: another one is chosen.
            }
        }
    }

    /// <summary>Ends it: connections close, and so does the port.</summary>
    public void Stop() => _store.Dispose();

    /// <summary>Ends it and starts an empty one at the same address.</summary>
    public void RestartEmpty()
    {
        int port = EndPoint.Port;
        _store.Dispose();
        _store = EmbeddedStore.Start(port, _password, Memory, NullLoggerFactory.Instance);
    }

    public ValueTask DisposeAsync()
    {
        _store.Dispose();
        return ValueTask.CompletedTask;
    }
}
