namespace Turnpike.Edge.Tests.Host;

/// <summary>Tests that set or read the environment of this process run one after another.</summary>
[CollectionDefinition(Name)]
public sealed class EnvironmentCollection
{
    public const string Name = "Environment";
}
