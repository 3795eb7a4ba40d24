using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Turnpike.FakeKubernetes;

/// <summary>
/// The Deployment and ReplicaSet controllers and the scheduler: they make pods, delete the right ones (not scheduled, then not running, then not
/// ready, then the lowest deletion cost, then the youngest first) and roll a new template out one pod above the number, none below it.
/// </summary>
public sealed class Controllers : IAsyncDisposable
{
    private const string Cost = "controller.kubernetes.io/pod-deletion-cost";
    private const int Surge = 1;

    private readonly Storage _storage;
    private readonly SemaphoreSlim _wake = new(0);
    private readonly CancellationTokenSource _end = new();
    private readonly Lock _syncing = new();
    private readonly Task _running;
    private long _pods;

    public Controllers(Storage storage)
    {
        _storage = storage;
        _storage.Changed += Wake;
        Wake();
        _running = Task.Run(RunAsync);
    }

    /// <summary>While true nothing is done: the controller manager is down. What is being done is done first.</summary>
    public bool IsPaused
    {
        get;
        set
        {
            lock (_syncing)
            {
                field = value;
            }
            Wake();
        }
    }

    public async ValueTask DisposeAsync()
    {
        _storage.Changed -= Wake;
        await _end.CancelAsync();
        await _running;
        _end.Dispose();
        _wake.Dispose();
    }

    private void Wake() => _wake.Release();

    private async Task RunAsync()
    {
        try
        {
            while (true)
            {
                await _wake.WaitAsync(_end.Token);
                lock (_syncing)
                {
                    if (!IsPaused)
                    {
                        Sync();
                    }
                }
            }
        }
        catch (OperationCanceledException)
        {
            return; // The test is over.
        }
    }

    private void Sync()
    {
        try
        {
            foreach (JsonObject deployment in _storage.List(Kind.Deployments))
            {
                Sync(deployment);
            }
            HashSet<string> live = [.. _storage.List(Kind.Deployments).Select(deployment => deployment.Uid())];
            foreach (JsonObject pod in _storage.List(Kind.Pods).Where(
                pod => pod.Annotation("fake/deployment") is { Length: > 0 } owner && !live.Contains(owner)))
            {
                Delete(pod);
            }
            Schedule();
        }
        catch (StatusException)
        {
            Wake(); // Something went in between: look again.
        }
    }

    private void Sync(JsonObject deployment)
    {
        JsonObject spec = deployment.Child("spec");
        int replicas = spec.Number("replicas", 1);
        string hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(spec.Child("template").ToJsonString())))[..8];
        JsonObject[] pods = [.. _storage.List(Kind.Pods, deployment.Namespace())
            .Where(pod => pod.Annotation("fake/deployment") == deployment.Uid() && !pod.IsEnding() && pod.Child("status").Text("phase") is not ("Failed" or "Succeeded"))];
        JsonObject[] current = [.. pods.Where(pod => pod.Label("pod-template-hash") == hash)];
        JsonObject[] old = [.. pods.Except(current)];
        int target = old.Length == 0 ? replicas : Math.Min(replicas, replicas + Surge - old.Length);
        for (int i = current.Length; i < target; i++)
        {
            Make(deployment, hash);
        }
        foreach (JsonObject pod in Order(current).Take(Math.Max(0, current.Length - Math.Max(target, 0))))
        {
            Delete(pod);
        }
        // Old pods go as far as enough ready ones are left; those that are not ready give nothing and go at once.
        int spare = pods.Count(IsReady) - replicas;
        foreach (JsonObject pod in Order(old).TakeWhile(pod => !IsReady(pod) || spare-- > 0))
        {
            Delete(pod);
        }
        _storage.Update(Kind.Deployments, deployment.Namespace(), deployment.Name(), item =>
        {
            item.Meta().Remove("resourceVersion");
            JsonObject status = item.Child("status");
            JsonObject[] now = [.. _storage.List(Kind.Pods, deployment.Namespace()).Where(pod => pod.Annotation("fake/deployment") == deployment.Uid() && !pod.IsEnding())];
            status["observedGeneration"] = deployment.Meta().Number("generation");
            status["replicas"] = now.Length;
            status["updatedReplicas"] = now.Count(pod => pod.Label("pod-template-hash") == hash);
            status["readyReplicas"] = now.Count(IsReady);
            status["availableReplicas"] = now.Count(IsReady);
        });
    }

    private static IEnumerable<JsonObject> Order(IEnumerable<JsonObject> pods) => pods
        .OrderBy(pod => pod.Child("spec").Text("nodeName").Length > 0)
        .ThenBy(pod => pod.Child("status").Text("phase") switch { "Running" => 2, "Unknown" => 1, _ => 0 })
        .ThenBy(IsReady)
        .ThenBy(pod => int.TryParse(pod.Annotation(Cost), out int cost) ? cost : 0)
        .ThenByDescending(pod => long.Parse(pod.Annotation("fake/number"), System.Globalization.CultureInfo.InvariantCulture));

    private static bool IsReady(JsonObject pod) => (pod["status"]?["conditions"] as JsonArray ?? []).OfType<JsonObject>()
        .Any(condition => condition.Text("type") == "Ready" && condition.Text("status") == "True");

    private void Make(JsonObject deployment, string hash)
    {
        string set = $"{deployment.Name()}-{hash}";
        JsonObject pod = deployment.Child("spec").Child("template").Copy();
        JsonObject meta = pod.Meta();
        meta["name"] = $"{set}-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(3))}";
        meta["namespace"] = deployment.Namespace();
        meta.Child("labels")["pod-template-hash"] = hash;
        meta.Child("annotations")["fake/deployment"] = deployment.Uid();
        meta.Child("annotations")["fake/number"] = (++_pods).ToString(System.Globalization.CultureInfo.InvariantCulture);
        meta["ownerReferences"] = new JsonArray(new JsonObject
        {
            ["apiVersion"] = "apps/v1",
            ["kind"] = "ReplicaSet",
            ["name"] = set,
            ["uid"] = set,
            ["controller"] = true,
        });
        pod["status"] = new JsonObject { ["phase"] = "Pending" };
        _storage.Create(Kind.Pods, pod);
    }

    private void Delete(JsonObject pod)
    {
        if (!pod.IsEnding())
        {
            _storage.Update(Kind.Pods, pod.Namespace(), pod.Name(), item =>
            {
                item.Meta().Remove("resourceVersion");
                ObjectHandler.DeletePod(item);
            });
        }
    }

    private void Schedule()
    {
        IReadOnlyList<JsonObject> pods = _storage.List(Kind.Pods);
        foreach (JsonObject pod in pods.Where(pod => pod.Child("spec").Text("nodeName").Length == 0 && !pod.IsEnding()))
        {
            JsonObject? node = _storage.List(Kind.Nodes).Where(node => node["spec"]?["unschedulable"]?.GetValue<bool>() != true)
                .MinBy(node => _storage.List(Kind.Pods).Count(other => other.Child("spec").Text("nodeName") == node.Name()));
            if (node is not null)
            {
                _storage.Update(Kind.Pods, pod.Namespace(), pod.Name(), item =>
                {
                    item.Meta().Remove("resourceVersion");
                    item.Child("spec")["nodeName"] = node.Name();
                });
            }
        }
    }
}
