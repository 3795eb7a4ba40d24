namespace Turnpike.LoadTest.Turn;

/// <summary>The server refused, or did not answer; the message says which request, and the code and reason when there is one.</summary>
internal sealed class TurnRefusedException(string message) : Exception(message)
{
    /// <summary>The server does not take the credential (401 or 441), which says nothing of how much it carries.</summary>
    public bool IsOfCredential { get; init; }
}
