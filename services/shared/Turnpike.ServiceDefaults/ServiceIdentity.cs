using System.Reflection;

namespace Turnpike.ServiceDefaults;

/// <summary>Which executable this is; shown by <c>--version</c> and by the metrics of <see cref="BuildInfo"/>.</summary>
/// <param name="Service">The short name: <c>edge</c>.</param>
/// <param name="Program">The executable's name: <c>turnpike-edge</c>.</param>
/// <param name="Description">One line.</param>
/// <param name="Version">The semantic version: <c>0.1.0</c>.</param>
/// <param name="Revision">The source revision, or "unknown" when it was built outside a repository.</param>
public sealed record ServiceIdentity(string Service, string Program, string Description, string Version, string Revision)
{
    /// <summary>Reads the identity from an assembly's attributes.</summary>
    public static ServiceIdentity Of(string service, Assembly assembly)
    {
        string informational = assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0.0.0";
        int plus = informational.IndexOf('+', StringComparison.Ordinal);
        return new ServiceIdentity(
            service,
            assembly.GetName().Name ?? service,
            assembly.GetCustomAttribute<AssemblyDescriptionAttribute>()?.Description ?? "",
            plus < 0 ? informational : informational[..plus],
            plus < 0 ? "unknown" : informational[(plus + 1)..]);
    }
}
