using System.Globalization;
using System.Net.Sockets;
using Turnpike.ServiceDefaults;
using Turnpike.Standalone.Options;

namespace Turnpike.Standalone.Store;

internal static class StoreStart
{
    /// <summary>
    /// Starts the store; it answers when this returns. Null, and all is said, when there is no folder for it or its port was taken since
    /// the settings were read.
    /// </summary>
    public static EmbeddedStore? TryStart(ServiceIdentity identity, StandaloneSettings settings, ILoggerFactory loggers)
    {
        string problem;
        try
        {
            return EmbeddedStore.Start(settings.StorePort, settings.StorePassword, settings.StoreMemory, new StoreLoggerFactory(loggers));
        }
        catch (SocketException exception)
        {
            problem = StandaloneSettings.Catalog.Of<StandaloneOptions>(nameof(StandaloneOptions.StorePort)).Problem(
                settings.StorePort.ToString(CultureInfo.InvariantCulture), $"cannot listen there ({exception.Message.TrimEnd('.')})");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            problem = $"the store needs a folder for temporary files; set TMPDIR to one that can be written ({exception.Message.TrimEnd('.')})";
        }
        Console.Error.WriteLine($"{identity.Program}: {problem}");
        return null;
    }
}
