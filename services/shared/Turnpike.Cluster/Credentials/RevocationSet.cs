namespace Turnpike.Cluster;

/// <summary>All revocations, to be asked on the way of each request: immutable, and four look-ups whatever its size.</summary>
public sealed class RevocationSet
{
    private readonly Dictionary<Subject, Term[]> _terms;

    private RevocationSet(Dictionary<Subject, Term[]> terms, IReadOnlyList<Revocation> all)
    {
        _terms = terms;
        All = all;
    }

    /// <summary>Nothing is revoked.</summary>
    public static RevocationSet Empty { get; } = new([], []);

    /// <summary>Revocations in it.</summary>
    public int Count => All.Count;

    /// <summary>The revocations themselves.</summary>
    public IReadOnlyList<Revocation> All { get; }

    /// <summary>Makes a set.</summary>
    public static RevocationSet From(IEnumerable<Revocation> revocations)
    {
        Revocation[] all = [.. revocations];
        if (all.Length == 0)
        {
            return Empty;
        }
        Dictionary<Subject, Term[]> terms = new(all.Length);
        foreach (Revocation revocation in all)
        {
            Subject subject = new(revocation.Kind, revocation.Realm, revocation.Value);
            Term term = new(revocation.RevokedAt, revocation.ExpiresAt);
            terms[subject] = terms.TryGetValue(subject, out Term[]? before) ? With(before, term) : [term];
        }
        return new RevocationSet(terms, all);
    }

    /// <summary>Whether a credential is revoked.</summary>
    /// <param name="realm">The tenant.</param>
    /// <param name="username">The USERNAME.</param>
    /// <param name="user">The user.</param>
    /// <param name="tag">The tag, or empty.</param>
    /// <param name="issuedAt">When it was issued, seconds of Unix time; null when it does not say so (static users, plain TURN REST).</param>
    /// <param name="unixNow">Seconds of Unix time.</param>
    public bool IsRevoked(string realm, string username, string user, string tag, long? issuedAt, long unixNow) =>
        _terms.Count > 0
        && (Holds(RevocationKind.Credential, realm, username, null, unixNow)
            || Holds(RevocationKind.User, realm, user, issuedAt, unixNow)
            || (tag.Length > 0 && Holds(RevocationKind.Tag, realm, tag, issuedAt, unixNow))
            || Holds(RevocationKind.Realm, realm, "", issuedAt, unixNow));

    // One credential is revoked whenever it was issued: its name is unique, and two clocks may differ.
    private bool Holds(RevocationKind kind, string realm, string value, long? issuedAt, long unixNow)
    {
        if (!_terms.TryGetValue(new Subject(kind, realm, value), out Term[]? terms))
        {
            return false;
        }
        foreach (Term term in terms)
        {
            if (unixNow < term.ExpiresAt && (issuedAt is null || issuedAt <= term.RevokedAt))
            {
                return true;
            }
        }
        return false;
    }

    // A term that another one outlives and outreaches decides nothing: what stays is short however often one user is revoked.
    private static Term[] With(Term[] terms, Term added) =>
        terms.Any(term => term.Covers(added)) ? terms : [.. terms.Where(term => !added.Covers(term)), added];

    private readonly record struct Subject(RevocationKind Kind, string Realm, string Value);

    private readonly record struct Term(long RevokedAt, long ExpiresAt)
    {
        public bool Covers(Term other) => RevokedAt >= other.RevokedAt && ExpiresAt >= other.ExpiresAt;
    }
}
