using System.Security.Cryptography;
using System.Threading.Channels;
using k8s.Models;
using Turnpike.ControlPlane.Kubernetes.Api;
using Turnpike.ControlPlane.Kubernetes.Workloads;

namespace Turnpike.ControlPlane.Kubernetes.Acting;

/// <summary>
/// Writes Events about the Deployment, as <c>kubectl describe</c> shows them. Nothing waits for them: those that cannot be written are dropped.
/// </summary>
internal sealed partial class EventRecorder(KubernetesApi api, string identity, TimeProvider time, ILogger logger)
{
    private const int Waiting = 200;
    private const int NameBytes = 8;

    // Longer than what the API server takes (1 KiB).
    private const int LongestMessage = 1000;

    // The same again and again is said once in this time.
    private static readonly TimeSpan Repeat = TimeSpan.FromMinutes(10);

    private readonly Channel<Corev1Event> _waiting =
        Channel.CreateBounded<Corev1Event>(new BoundedChannelOptions(Waiting) { FullMode = BoundedChannelFullMode.DropOldest });

    private readonly Dictionary<(string Reason, string Message), long> _said = [];
    private string? _problem;

    /// <summary>Says something about the Deployment.</summary>
    public void Say(DeploymentView deployment, bool isWarning, string reason, string message)
    {
        string text = message.Length > LongestMessage ? message[..LongestMessage] : message;
        foreach ((string Reason, string Message) old in _said.Where(said => time.GetElapsedTime(said.Value) >= Repeat).Select(said => said.Key).ToArray())
        {
            _said.Remove(old);
        }
        if (!_said.TryAdd((reason, text), time.GetTimestamp()))
        {
            return;
        }
        DateTime now = time.GetUtcNow().UtcDateTime;
        _waiting.Writer.TryWrite(new Corev1Event
        {
            ApiVersion = "v1",
            Kind = "Event",
            Metadata = new V1ObjectMeta
            {
                Name = $"{deployment.Name}.{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(NameBytes))}",
                NamespaceProperty = api.Namespace,
            },
            InvolvedObject = new V1ObjectReference
            {
                ApiVersion = "apps/v1",
                Kind = "Deployment",
                Name = deployment.Name,
                NamespaceProperty = api.Namespace,
                Uid = deployment.Uid,
                ResourceVersion = deployment.ResourceVersion,
            },
            Type = isWarning ? "Warning" : "Normal",
            Reason = reason,
            Message = text,
            FirstTimestamp = now,
            LastTimestamp = now,
            Count = 1,
            Source = new V1EventSource { Component = "turnpike-control-plane", Host = identity },
            ReportingComponent = "turnpike-control-plane",
            ReportingInstance = identity,
        });
    }

    /// <summary>Writes them until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        await foreach (Corev1Event each in _waiting.Reader.ReadAllAsync(cancellation))
        {
            try
            {
                await api.CreateAsync(ResourceType.Events, each, cancellation);
                _problem = null;
            }
            catch (ApiException problem)
            {
                if (_problem != problem.Message)
                {
                    LogNotWritten(logger, problem.Message);
                }
                _problem = problem.Message;
            }
        }
    }

    [LoggerMessage(EventId = 3360, Level = LogLevel.Warning, Message = "An Event could not be written, and is dropped: {Problem}")]
    private static partial void LogNotWritten(ILogger logger, string problem);
}
