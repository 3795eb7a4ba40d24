namespace Turnpike.LoadTest.CommandLine;

/// <summary>One option of a command. An option without a value name is a switch.</summary>
internal sealed record Option(string Name, string? ValueName, string Help, string? Default = null);
