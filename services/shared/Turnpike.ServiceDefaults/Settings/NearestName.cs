namespace Turnpike.ServiceDefaults.Settings;

/// <summary>Finds the setting that a misspelt key most likely meant.</summary>
public static class NearestName
{
    // A third of the name mistyped is still a typing error; more is another word.
    private const int LettersPerError = 3;

    // A right name in a wrong section costs as much as one typing error.
    private const int WrongSection = 1;

    /// <summary>The nearest setting by name, or null when none is near.</summary>
    /// <param name="wanted">The key without indexes.</param>
    /// <param name="settings">All settings.</param>
    public static Setting? Find(string wanted, IReadOnlyList<Setting> settings)
    {
        Setting? nearest = null;
        int best = int.MaxValue;
        foreach (Setting setting in settings)
        {
            int whole = Distance(wanted, setting.Key);
            string leaf = LastPart(wanted);
            int cost = whole <= Math.Max(1, leaf.Length / LettersPerError) ? whole : int.MaxValue;
            int leafDistance = Distance(leaf, setting.Name);
            if (leafDistance <= leaf.Length / LettersPerError)
            {
                cost = Math.Min(cost, leafDistance + WrongSection);
            }
            if (cost < best)
            {
                (nearest, best) = (setting, cost);
            }
        }
        return nearest;
    }

    /// <summary>Damerau–Levenshtein distance (optimal string alignment), without regard to case.</summary>
    public static int Distance(string left, string right)
    {
        int[,] cost = new int[left.Length + 1, right.Length + 1];
        for (int i = 0; i <= left.Length; i++)
        {
            cost[i, 0] = i;
        }
        for (int j = 0; j <= right.Length; j++)
        {
            cost[0, j] = j;
        }
        for (int i = 1; i <= left.Length; i++)
        {
            for (int j = 1; j <= right.Length; j++)
            {
                int change = Same(left[i - 1], right[j - 1]) ? 0 : 1;
                cost[i, j] = Math.Min(Math.Min(cost[i - 1, j] + 1, cost[i, j - 1] + 1), cost[i - 1, j - 1] + change);
                if (i > 1 && j > 1 && Same(left[i - 1], right[j - 2]) && Same(left[i - 2], right[j - 1]))
                {
                    cost[i, j] = Math.Min(cost[i, j], cost[i - 2, j - 2] + 1);
                }
            }
        }
        return cost[left.Length, right.Length];
    }

    private static bool Same(char left, char right) => char.ToUpperInvariant(left) == char.ToUpperInvariant(right);

    private static string LastPart(string key) => key[(key.LastIndexOf(':') + 1)..];
}
