namespace Turnpike.LoadTest.Turn;

/// <summary>The server refused, or did not answer; the message says which request, and the code and reason when there is one.</summary>
internal sealed class TurnRefusedException(string message) : Exception(message);
