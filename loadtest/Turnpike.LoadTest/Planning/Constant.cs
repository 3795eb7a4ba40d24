using Turnpike.LoadTest.CommandLine;

namespace Turnpike.LoadTest.Planning;

/// <summary>A number that the plan is made of. Each has an option of its own.</summary>
/// <param name="Name">The option.</param>
/// <param name="Value">What it is unless it is given.</param>
/// <param name="Least">The least that makes sense.</param>
/// <param name="Most">The most that makes sense.</param>
/// <param name="Unit">Of the value.</param>
/// <param name="What">For the operator.</param>
/// <param name="Source">The command that measured it, the setting that it is the default of, or that it is assumed.</param>
internal sealed record Constant(string Name, double Value, double Least, double Most, string Unit, string What, string Source)
{
    public Option Option => new(Name, "N", $"{What}, {Unit}; {Source}", PlanTable.Number(Value));
}

/// <summary>The constants with what the operator gave instead.</summary>
internal sealed class PlanValues(IReadOnlyDictionary<string, double> given)
{
    public static readonly PlanValues Usual = new(new Dictionary<string, double>());

    public double this[Constant constant] => given.GetValueOrDefault(constant.Name, constant.Value);

    /// <summary>The same but for one.</summary>
    public PlanValues With(Constant constant, double value) => new(new Dictionary<string, double>(given) { [constant.Name] = value });
}
