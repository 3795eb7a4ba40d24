using System.Collections.Concurrent;
using System.Text.Json.Nodes;

namespace Turnpike.FakeKubernetes;

/// <summary>What a pod's containers are: started when it is scheduled, told to end when it is deleted.</summary>
public interface IPodRuntime
{
    /// <summary>Starts it; done when it is ready.</summary>
    Task StartAsync(JsonObject pod, CancellationToken cancellation);

    /// <summary>Tells it to end; done when it has ended.</summary>
    Task StopAsync(JsonObject pod, CancellationToken cancellation);

    /// <summary>Whether it is ready now.</summary>
    Task<bool> IsReadyAsync(JsonObject pod, CancellationToken cancellation);
}

/// <summary>The kubelets of all nodes: start what is scheduled, ask whether it is ready, end what is deleted.</summary>
public sealed class Kubelet : IAsyncDisposable
{
    private static readonly TimeSpan ProbeInterval = TimeSpan.FromMilliseconds(200);

    private readonly Storage _storage;
    private readonly IPodRuntime _runtime;
    private readonly ConcurrentDictionary<string, Task> _pods = [];
    private readonly CancellationTokenSource _end = new();

    public Kubelet(Storage storage, IPodRuntime runtime)
    {
        (_storage, _runtime) = (storage, runtime);
        _storage.Changed += Look;
        Look();
    }

    /// <summary>What went wrong in starting, probing and ending pods.</summary>
    public ConcurrentQueue<string> Failures { get; } = [];

    public async ValueTask DisposeAsync()
    {
        _storage.Changed -= Look;
        await _end.CancelAsync();
        await Task.WhenAll(_pods.Values);
        _end.Dispose();
    }

    private void Look()
    {
        foreach (JsonObject pod in _storage.List(Kind.Pods).Where(pod => pod.Child("spec").Text("nodeName").Length > 0))
        {
            _pods.GetOrAdd(pod.Uid(), _ => Task.Run(() => LiveAsync(pod)));
        }
        // Nobody runs a pod that was never scheduled.
        foreach (JsonObject pod in _storage.List(Kind.Pods).Where(pod => pod.IsEnding() && pod.Child("spec").Text("nodeName").Length == 0))
        {
            Remove(pod);
        }
    }

    private async Task LiveAsync(JsonObject pod)
    {
        try
        {
            await _runtime.StartAsync(pod, _end.Token);
            Say(pod, "Running", await _runtime.IsReadyAsync(pod, _end.Token));
            using PeriodicTimer timer = new(ProbeInterval);
            while (_storage.Find(Kind.Pods, pod.Namespace(), pod.Name()) is { } now && now.Uid() == pod.Uid() && !now.IsEnding())
            {
                Say(pod, "Running", await _runtime.IsReadyAsync(pod, _end.Token));
                await timer.WaitForNextTickAsync(_end.Token);
            }
            await _runtime.StopAsync(pod, _end.Token);
            Remove(pod);
        }
        catch (OperationCanceledException) when (_end.IsCancellationRequested)
        {
            return; // The test is over.
        }
        catch (Exception problem)
        {
            // As after a crash: the pod is there and never ready, and the test's log says why.
            Failures.Enqueue($"{pod.Name()}: {problem}");
        }
    }

    private void Say(JsonObject pod, string phase, bool isReady)
    {
        try
        {
            _storage.Update(Kind.Pods, pod.Namespace(), pod.Name(), item =>
            {
                item.Meta().Remove("resourceVersion");
                JsonObject status = item.Child("status");
                status["phase"] = phase;
                status["conditions"] = new JsonArray(new JsonObject { ["type"] = "Ready", ["status"] = isReady ? "True" : "False" });
            });
        }
        catch (StatusException)
        {
            return; // It went in between.
        }
    }

    private void Remove(JsonObject pod)
    {
        try
        {
            _storage.Remove(Kind.Pods, pod.Namespace(), pod.Name());
        }
        catch (StatusException)
        {
            return; // It is gone already.
        }
    }
}
