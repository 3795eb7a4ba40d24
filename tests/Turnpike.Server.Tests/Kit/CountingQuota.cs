namespace Turnpike.Server.Tests;

/// <summary>A quota gate that the test answers for; it fails when more is given back than was granted.</summary>
internal sealed class CountingQuota : IQuotaGate
{
    public QuotaDecision Decision { get; set; } = QuotaDecision.Granted;

    /// <summary>Tickets of the requests that were told to wait.</summary>
    public List<long> Tickets { get; } = [];

    public int Acquired { get; private set; }

    public int Held { get; private set; }

    public string? LastRealm { get; private set; }

    public string? LastUser { get; private set; }

    public string? LastReleasedRealm { get; private set; }

    public string? LastReleasedUser { get; private set; }

    public QuotaDecision TryAcquire(string realm, string user, long ticket)
    {
        LastRealm = realm;
        LastUser = user;
        Acquired++;
        if (Decision == QuotaDecision.Pending)
        {
            Tickets.Add(ticket);
        }

        Held += Decision == QuotaDecision.Granted ? 1 : 0;
        return Decision;
    }

    /// <summary>What an asynchronous grant counts.</summary>
    public void Grant() => Held++;

    public void Release(string realm, string user)
    {
        Held--;
        LastReleasedRealm = realm;
        LastReleasedUser = user;
        Assert.True(Held >= 0, "More quota was given back than granted.");
    }
}
