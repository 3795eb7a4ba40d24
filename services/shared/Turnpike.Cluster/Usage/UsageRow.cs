namespace Turnpike.Cluster;

/// <summary>Size of the span of time that one row of usage stands for; all begin with the UTC minute, hour or day.</summary>
public enum UsageBucket
{
    /// <summary>60 seconds. While the store was away for long, older minutes were added to their hour and day alone.</summary>
    Minute,

    /// <summary>3600 seconds.</summary>
    Hour,

    /// <summary>86 400 seconds.</summary>
    Day,
}

/// <summary>What a row of usage adds up.</summary>
public enum UsageBy
{
    /// <summary>All of a realm.</summary>
    Realm,

    /// <summary>Credentials of one tag; what has no tag has the name "".</summary>
    Tag,

    /// <summary>One user of the realm.</summary>
    User,
}

/// <summary>Usage of one realm, tag or user in one bucket.</summary>
/// <param name="Start">Begin of the bucket, UTC.</param>
/// <param name="By">What is added up.</param>
/// <param name="Name">The tag or the user; "" for the realm.</param>
/// <param name="Amount">How much.</param>
public sealed record UsageRow(DateTimeOffset Start, UsageBy By, string Name, UsageAmount Amount);
