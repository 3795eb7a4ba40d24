namespace Turnpike.Server.Tests;

/// <summary>A credential source that answers later, when the test says so.</summary>
internal sealed class DeferredCredentials(ICredentialSource inner) : ICredentialSource
{
    private readonly Dictionary<long, Credential?> _answers = [];

    public List<long> Tickets { get; } = [];

    public CredentialLookup Find(in CredentialQuery query, out Credential? credential)
    {
        inner.Find(query, out Credential? found);
        Tickets.Add(query.Ticket);
        _answers[query.Ticket] = found;
        credential = null;
        return CredentialLookup.Pending;
    }

    /// <summary>Answers the n-th question with what the inner source said.</summary>
    public Outcome Answer(TestServer server, int index)
    {
        long ticket = Tickets[index];
        Credential? found = _answers[ticket];
        return server.CompleteCredential(ticket, found is null ? CredentialLookup.Unknown : CredentialLookup.Found, found);
    }
}
