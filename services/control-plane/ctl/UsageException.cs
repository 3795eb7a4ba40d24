namespace Turnpike.Ctl;

/// <summary>The command line asks for something that cannot be; one line says what and what can.</summary>
public sealed class UsageException(string message) : Exception(message);
