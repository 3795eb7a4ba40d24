using Microsoft.Extensions.Logging;
using Turnpike.ServiceDefaults.Settings;

namespace Turnpike.ServiceDefaults;

/// <summary>How log lines look.</summary>
public enum LogFormat
{
    /// <summary>JSON in a container or when the output is redirected, text on a terminal.</summary>
    Auto,

    /// <summary>One JSON object a line.</summary>
    Json,

    /// <summary>One line for people.</summary>
    Text,
}

/// <summary>Section <c>Logging</c>. The framework reads the same section, so its other keys are left alone.</summary>
public sealed class LoggingOptions : ISettingsSection
{
    /// <summary>Default auto: people read terminals, machines read the rest.</summary>
    [Setting("Form of the log lines; auto is json in a container or when redirected, text on a terminal")]
    public LogFormat Format { get; init; }

    /// <summary>Default Information, and Warning for the framework's own categories, which repeat what is logged here.</summary>
    [Setting("Least level that is logged, by category", Default = "information; Microsoft: warning")]
    public Dictionary<string, LogLevel> LogLevel { get; init; } = [];
}
