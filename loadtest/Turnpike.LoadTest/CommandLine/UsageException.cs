namespace Turnpike.LoadTest.CommandLine;

/// <summary>The command line asks for something impossible; the message is one sentence for the operator.</summary>
internal sealed class UsageException(string message) : Exception(message);
