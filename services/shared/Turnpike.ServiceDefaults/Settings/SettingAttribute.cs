namespace Turnpike.ServiceDefaults.Settings;

/// <summary>
/// Marks a property of an options class as a setting and carries what the code cannot say: one line of meaning and, where it
/// matters, the unit, the accepted form and how an empty default is filled in. Name, type, default and range come from the property itself.
/// </summary>
/// <param name="meaning">One line for <c>--help</c> and the README, without a full stop.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class SettingAttribute(string meaning) : Attribute
{
    /// <summary>One line of meaning.</summary>
    public string Meaning { get; } = meaning;

    /// <summary>The unit of a number: seconds, bytes.</summary>
    public string? Unit { get; init; }

    /// <summary>What is accepted, where neither the type nor a range attribute says it.</summary>
    public string? Allowed { get; init; }

    /// <summary>What an empty value stands for: "every listener address".</summary>
    public string? Default { get; init; }

    /// <summary>The value is a secret: no message, log line or help text shows it.</summary>
    public bool Secret { get; init; }
}
