namespace Turnpike.Interop;

/// <summary>
/// Tests that load both cores, and calls that must lose nothing meanwhile: they run alone, so that no other test's load can make
/// them fail, nor they another's.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Quiet
{
    /// <summary>The collection's name.</summary>
    public const string Name = "Quiet";
}
