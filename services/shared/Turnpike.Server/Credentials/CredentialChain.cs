namespace Turnpike.Server;

/// <summary>Asks one source after another: static users and TURN REST credentials work side by side.</summary>
/// <param name="sources">In the order to ask them.</param>
public sealed class CredentialChain(params ICredentialSource[] sources) : ICredentialSource
{
    /// <inheritdoc/>
    public CredentialLookup Find(in CredentialQuery query, out Credential? credential)
    {
        credential = null;
        CredentialLookup outcome = CredentialLookup.Unknown;
        foreach (ICredentialSource source in sources)
        {
            CredentialLookup lookup = source.Find(query, out credential);
            if (lookup == CredentialLookup.Expired)
            {
                outcome = lookup; // Unless another source has a user of this name.
            }
            else if (lookup != CredentialLookup.Unknown)
            {
                return lookup;
            }
        }

        return outcome;
    }

    /// <inheritdoc/>
    public bool IsCurrent(Credential credential, long unixNow)
    {
        foreach (ICredentialSource source in sources)
        {
            if (!source.IsCurrent(credential, unixNow))
            {
                return false;
            }
        }

        return true;
    }
}
