using k8s;
using k8s.Exceptions;
using YamlDotNet.Core;

namespace Turnpike.ControlPlane.Kubernetes.Api;

/// <summary>
/// Where the API server is and who asks it: the file that KUBECONFIG names, else the pod's own service account. A file in somebody's home is not
/// looked for: nothing is scaled by accident.
/// </summary>
internal static class ApiConnection
{
    public const string Variable = "KUBECONFIG";

    /// <summary>Whether there is anything to connect by.</summary>
    public static bool IsFound => KubeConfig.Length > 0 || KubernetesClientConfiguration.IsInCluster();

    private static string KubeConfig => Environment.GetEnvironmentVariable(Variable) ?? "";

    /// <summary>Reads it; null where <paramref name="problem"/> says why not.</summary>
    public static KubernetesClientConfiguration? Read(out string? problem)
    {
        problem = null;
        try
        {
            if (KubeConfig.Length > 0)
            {
                return KubernetesClientConfiguration.BuildConfigFromConfigFile(KubeConfig);
            }
            if (KubernetesClientConfiguration.IsInCluster())
            {
                return KubernetesClientConfiguration.InClusterConfig();
            }
            problem = $"there is no service account of a pod, and {Variable} is not set";
        }
        catch (Exception exception) when (exception is KubeConfigException or IOException or UnauthorizedAccessException or YamlException)
        {
            problem = $"{(KubeConfig.Length > 0 ? $"{Variable} {KubeConfig}" : "the pod's service account")}: {exception.Message.TrimEnd('.')}";
        }
        return null;
    }
}
