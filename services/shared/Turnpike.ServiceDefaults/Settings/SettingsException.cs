namespace Turnpike.ServiceDefaults.Settings;

/// <summary>
/// A setting that turned out wrong while the service started, such as an address that cannot be bound. The service ends with
/// exit code 1 and prints the message, one line a problem, without a stack trace.
/// </summary>
public sealed class SettingsException : Exception
{
    /// <summary>An exception without a message.</summary>
    public SettingsException()
    {
    }

    /// <summary>One line a problem: setting, value, what is wrong.</summary>
    public SettingsException(string message)
        : base(message)
    {
    }

    /// <summary>One line a problem: setting, value, what is wrong.</summary>
    public SettingsException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
