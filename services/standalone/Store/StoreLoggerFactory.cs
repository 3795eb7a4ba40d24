namespace Turnpike.Standalone.Store;

/// <summary>
/// Puts the store's log lines under one category, so that they are quiet by default as the framework's are, and an operator finds
/// them with <c>Logging:LogLevel:Microsoft.Garnet</c>.
/// </summary>
internal sealed class StoreLoggerFactory(ILoggerFactory inner) : ILoggerFactory
{
    public ILogger CreateLogger(string categoryName) => inner.CreateLogger($"Microsoft.Garnet.{categoryName}");

    public void AddProvider(ILoggerProvider provider) => inner.AddProvider(provider);

    // The inner one belongs to whoever made it.
    public void Dispose()
    {
    }
}
