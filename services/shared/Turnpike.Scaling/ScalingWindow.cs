namespace Turnpike.Scaling;

/// <summary>A time of the week at which the bounds are narrower.</summary>
/// <param name="Days">Days on which it begins.</param>
/// <param name="From">When it begins.</param>
/// <param name="To">When it ends; not after <paramref name="From"/>: on the next day.</param>
/// <param name="Zone">Whose clock.</param>
/// <param name="MinReplicas">Fewest edges in service; null: as ever.</param>
/// <param name="MaxReplicas">Most replicas; null: as ever.</param>
public sealed record ScalingWindow(IReadOnlyList<DayOfWeek> Days, TimeOnly From, TimeOnly To, TimeZoneInfo Zone, int? MinReplicas, int? MaxReplicas)
{
    /// <summary>Whether it is that time.</summary>
    public bool IsActive(DateTimeOffset now)
    {
        DateTimeOffset local = TimeZoneInfo.ConvertTime(now, Zone);
        var time = TimeOnly.FromDateTime(local.DateTime);
        if (From < To)
        {
            return Days.Contains(local.DayOfWeek) && time >= From && time < To;
        }
        var yesterday = (DayOfWeek)(((int)local.DayOfWeek + 6) % 7);
        return (Days.Contains(local.DayOfWeek) && time >= From) || (Days.Contains(yesterday) && time < To);
    }
}
