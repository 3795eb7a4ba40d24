using k8s;
using Turnpike.ControlPlane.Kubernetes.Api;
using Turnpike.ServiceDefaults.Settings;

namespace Turnpike.ControlPlane.Options;

/// <summary>What the scaler acts on, and through whom.</summary>
/// <param name="Connection">The API server and the credentials.</param>
/// <param name="Options">The options, complete.</param>
/// <param name="Namespace">Of the Deployment and of the Lease.</param>
/// <param name="LeaseName">Of the Lease.</param>
public sealed record KubernetesSettings(KubernetesClientConfiguration Connection, KubernetesOptions Options, string Namespace, string LeaseName)
{
    private const int LongestName = 253;

    /// <summary>Reads and checks them; null where nothing is to be acted on, or where a problem was added.</summary>
    public static KubernetesSettings? Read(SettingsReading reading, KubernetesOptions options)
    {
        Check(reading, nameof(KubernetesOptions.Workload), options.Workload);
        Check(reading, nameof(KubernetesOptions.Namespace), options.Namespace);
        Check(reading, nameof(KubernetesOptions.LeaseName), options.LeaseName);
        if (options.RenewDeadline >= options.LeaseDuration)
        {
            reading.AddProblem<KubernetesOptions>(nameof(KubernetesOptions.RenewDeadline), Marked(options.RenewDeadline), "not less than LeaseDuration");
        }
        if (options.RetryPeriod >= options.RenewDeadline)
        {
            reading.AddProblem<KubernetesOptions>(nameof(KubernetesOptions.RetryPeriod), Marked(options.RetryPeriod), "not less than RenewDeadline");
        }
        if (options.Enabled == KubernetesUse.False || (options.Enabled == KubernetesUse.Auto && (options.Workload.Length == 0 || !ApiConnection.IsFound)))
        {
            return null;
        }
        if (options.Workload.Length == 0)
        {
            reading.AddProblem<KubernetesOptions>(nameof(KubernetesOptions.Workload), null, "missing beside ControlPlane:Kubernetes:Enabled");
        }
        KubernetesClientConfiguration? connection = ApiConnection.Read(out string? problem);
        if (problem is not null)
        {
            reading.AddProblem<KubernetesOptions>(nameof(KubernetesOptions.Enabled), null, problem);
        }
        if (connection is null || reading.Problems.Count > 0)
        {
            return null;
        }
        string own = string.IsNullOrEmpty(connection.Namespace) ? "default" : connection.Namespace;
        return new KubernetesSettings(
            connection,
            options,
            options.Namespace.Length > 0 ? options.Namespace : own,
            options.LeaseName.Length > 0 ? options.LeaseName : $"{options.Workload}-scaler");
    }

    /// <summary>The printed form names the kind only: a configuration holds credentials.</summary>
    public override string ToString() => nameof(KubernetesSettings);

    private static void Check(SettingsReading reading, string property, string name)
    {
        if (name.Length > LongestName || !name.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter is '.' or '-'))
        {
            reading.AddProblem<KubernetesOptions>(property, name);
        }
    }

    private static string Marked(int number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
