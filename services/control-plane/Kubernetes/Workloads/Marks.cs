using System.Globalization;
using System.Text.Json;

namespace Turnpike.ControlPlane.Kubernetes.Workloads;

/// <summary>Names of what the scaler writes on pods and on the Deployment: all that it knows beside the store, so that whoever leads next goes on.</summary>
internal static class Marks
{
    public const string Drain = "turnpike.dev/drain";
    public const string DrainUntil = "turnpike.dev/drain-until";
    public const string Busy = "turnpike.dev/busy";
    public const string Removing = "turnpike.dev/removing";
    public const string DeletionCost = "controller.kubernetes.io/pod-deletion-cost";
    public const string SafeToEvict = "cluster-autoscaler.kubernetes.io/safe-to-evict";

    /// <summary>Before every other pod of the same readiness.</summary>
    public const int LowestCost = int.MinValue;

    /// <summary>As annotations are written.</summary>
    public static string Text(bool value) => value ? "true" : "false";

    /// <summary>As annotations are written.</summary>
    public static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Why an edge drains by the scaler's order.</summary>
internal enum DrainCause
{
    /// <summary>There are more edges than are needed.</summary>
    ScaleIn,

    /// <summary>Its node is to go.</summary>
    Node,
}

/// <summary>The mark of a pod whose edge drains, or is about to.</summary>
/// <param name="Cause">Why.</param>
/// <param name="Until">When what is left ends.</param>
internal sealed record DrainMark(DrainCause Cause, DateTimeOffset Until)
{
    public string CauseText => Cause == DrainCause.Node ? "node" : "scale-in";

    public string UntilText => Marks.Text(Until.ToUnixTimeSeconds());

    /// <summary>Reads the annotations; null where there is no mark. One without a readable time has none left.</summary>
    public static DrainMark? Read(string? cause, string? until) => string.IsNullOrEmpty(cause)
        ? null
        : new DrainMark(
            cause == "node" ? DrainCause.Node : DrainCause.ScaleIn,
            long.TryParse(until, NumberStyles.None, CultureInfo.InvariantCulture, out long seconds) && seconds < DateTimeOffset.MaxValue.ToUnixTimeSeconds()
                ? DateTimeOffset.FromUnixTimeSeconds(seconds)
                : DateTimeOffset.UnixEpoch);
}

/// <summary>The step under way: one pod is to go, and with it one replica. It stands on the Deployment from before the step until it is verified.</summary>
/// <param name="Pod">The pod's name.</param>
/// <param name="Uid">Its uid: another pod of the same name is another one.</param>
/// <param name="From">Replicas before.</param>
/// <param name="To">Replicas after.</param>
internal sealed record Removal(string Pod, string Uid, int From, int To)
{
    public string ToJson() => JsonSerializer.Serialize(this);

    /// <summary>Reads the annotation; what cannot be read is no step.</summary>
    public static Removal? Read(string? json)
    {
        try
        {
            return string.IsNullOrEmpty(json) ? null : JsonSerializer.Deserialize<Removal>(json) is { Pod: not null, Uid: not null } read ? read : null;
        }
        catch (JsonException)
        {
            return null; // Somebody wrote something else there; the pods tell what is to be done.
        }
    }
}
