namespace Turnpike.Fuzz;

/// <summary>A target found that the code under test broke a rule.</summary>
public sealed class FuzzException : Exception
{
    /// <summary>Says which rule.</summary>
    public FuzzException(string message)
        : base(message)
    {
    }

    /// <summary>Throws with <paramref name="rule"/> unless it holds.</summary>
    public static void Unless(bool holds, string rule)
    {
        if (!holds)
        {
            throw new FuzzException(rule);
        }
    }
}
