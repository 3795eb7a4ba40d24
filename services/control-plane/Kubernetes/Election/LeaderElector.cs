using System.Security.Cryptography;
using k8s.Models;
using Turnpike.ControlPlane.Kubernetes.Api;

namespace Turnpike.ControlPlane.Kubernetes.Election;

/// <summary>
/// Makes one of the replicas lead, by a Lease, as client-go does. Clocks of others are never compared: a lead is over when its Lease has not
/// changed for its whole length by this process's own monotonic clock, and whoever leads stops before that by its own.
/// </summary>
internal sealed partial class LeaderElector(
    KubernetesApi api, string leaseName, string identity, ElectionTimes times, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan FarewellLimit = TimeSpan.FromSeconds(2);

    // Two that look at the same moment would collide again and again.
    private const int JitterPercent = 20;

    private V1Lease? _observed;
    private long _observedAt;
    private long _renewedAt;
    private volatile bool _leads;
    private volatile string _holder = "";
    private volatile string? _problem;

    public string Identity => identity;

    public bool IsLeader => _leads;

    /// <summary>Whoever leads, as last seen; empty: nobody known.</summary>
    public string Holder => _holder;

    /// <summary>Why the Lease cannot be read or written; null where it can.</summary>
    public string? Problem => _problem;

    /// <summary>Times that this process began to lead.</summary>
    public long Terms { get; private set; }

    /// <summary>Whether the lead is still certain; asked before each act, because a process may have slept since the last renewal.</summary>
    public bool IsCertain => _leads && time.GetElapsedTime(Interlocked.Read(ref _renewedAt)) < times.Renew;

    /// <summary>Competes until it is cancelled; runs <paramref name="lead"/> while it leads, and waits for its end before it competes again.</summary>
    public async Task RunAsync(Func<CancellationToken, Task> lead, CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            if (await TryAsync(cancellation))
            {
                await LeadAsync(lead, cancellation);
            }
            await PauseAsync(cancellation);
        }
    }

    private async Task LeadAsync(Func<CancellationToken, Task> lead, CancellationToken cancellation)
    {
        Terms++;
        _leads = true;
        LogLeads(logger, identity);
        using CancellationTokenSource term = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Task leading = lead(term.Token);
        try
        {
            while (IsCertain && !leading.IsCompleted)
            {
                await PauseAsync(cancellation);
                // Another one's Lease ends the term at once; a call that fails does not.
                if (!await TryAsync(cancellation) && _problem is null)
                {
                    break;
                }
            }
        }
        finally
        {
            _leads = false;
            await term.CancelAsync();
            await leading.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            if (leading.Exception is { } failure)
            {
                LogFailed(logger, failure);
            }
            LogLost(logger, identity, _holder == identity || _holder.Length == 0 ? "nobody yet" : _holder);
            if (cancellation.IsCancellationRequested)
            {
                await GiveUpAsync();
            }
        }
    }

    // One try to become, or to stay, the leader. False: another one leads, or the Lease cannot be written.
    private async Task<bool> TryAsync(CancellationToken cancellation)
    {
        try
        {
            bool holds = await TakeOrRenewAsync(cancellation);
            _problem = null;
            return holds;
        }
        catch (ApiException problem)
        {
            if (problem.Fault == ApiFault.Conflict)
            {
                _problem = null; // Another one was faster; the next look tells who.
                return false;
            }
            if (_problem is null)
            {
                LogProblem(logger, problem.Message);
            }
            _problem = problem.Message;
            return false;
        }
    }

    private async Task<bool> TakeOrRenewAsync(CancellationToken cancellation)
    {
        long asked = time.GetTimestamp();
        V1Lease? lease;
        try
        {
            lease = await api.GetAsync<V1Lease>(ResourceType.Leases, leaseName, cancellation);
        }
        catch (ApiException problem) when (problem.Fault == ApiFault.NotFound)
        {
            lease = null;
        }
        if (lease is null)
        {
            Renewed(await api.CreateAsync(ResourceType.Leases, Mine(null), cancellation), asked);
            return true;
        }
        if (!IsSame(lease, _observed))
        {
            Observe(lease, time.GetTimestamp());
        }
        string holder = lease.Spec?.HolderIdentity ?? "";
        bool isMine = holder == identity;
        if (!isMine && holder.Length > 0 && time.GetElapsedTime(_observedAt) < LengthOf(lease))
        {
            return false;
        }
        // With the resourceVersion that was read: of two that find a lead over, one gets it.
        Renewed(await api.ReplaceAsync(ResourceType.Leases, leaseName, null, Mine(lease), cancellation), asked);
        return true;
    }

    // The lead counts from before the call that took it, not from its answer.
    private void Renewed(V1Lease lease, long asked)
    {
        Observe(lease, asked);
        Interlocked.Exchange(ref _renewedAt, asked);
    }

    private void Observe(V1Lease lease, long at)
    {
        _observed = lease;
        _observedAt = at;
        _holder = lease.Spec?.HolderIdentity ?? "";
    }

    // A holder with longer times than ours is given them.
    private TimeSpan LengthOf(V1Lease lease)
    {
        TimeSpan told = TimeSpan.FromSeconds(Math.Clamp(lease.Spec?.LeaseDurationSeconds ?? 0, 0, 3600));
        return told > times.Lease ? told : times.Lease;
    }

    private static bool IsSame(V1Lease lease, V1Lease? observed) =>
        observed is not null && lease.Metadata.Uid == observed.Metadata.Uid && lease.Metadata.ResourceVersion == observed.Metadata.ResourceVersion;

    private V1Lease Mine(V1Lease? before)
    {
        DateTime now = time.GetUtcNow().UtcDateTime;
        bool renews = before?.Spec?.HolderIdentity == identity;
        return new V1Lease
        {
            ApiVersion = "coordination.k8s.io/v1",
            Kind = "Lease",
            Metadata = before?.Metadata ?? new V1ObjectMeta { Name = leaseName, NamespaceProperty = api.Namespace },
            Spec = new V1LeaseSpec
            {
                HolderIdentity = identity,
                LeaseDurationSeconds = (int)Math.Ceiling(times.Lease.TotalSeconds),
                AcquireTime = renews ? before!.Spec.AcquireTime : now,
                RenewTime = now,
                LeaseTransitions = (before?.Spec?.LeaseTransitions ?? 0) + (before is null || renews ? 0 : 1),
            },
        };
    }

    // The next one need not wait for the Lease to end.
    private async Task GiveUpAsync()
    {
        if (_observed is not { } held || held.Spec?.HolderIdentity != identity)
        {
            return;
        }
        using CancellationTokenSource limit = new(FarewellLimit);
        try
        {
            V1Lease free = Mine(held);
            free.Spec.HolderIdentity = "";
            free.Spec.LeaseDurationSeconds = 1;
            await api.ReplaceAsync(ResourceType.Leases, leaseName, null, free, limit.Token);
            _holder = "";
        }
        catch (Exception problem) when (problem is ApiException or OperationCanceledException)
        {
            LogNotGivenUp(logger, problem.Message);
        }
    }

    private Task PauseAsync(CancellationToken cancellation) =>
        Task.Delay(times.Retry * (RandomNumberGenerator.GetInt32(100, 100 + JitterPercent) / 100.0), time, cancellation);

    [LoggerMessage(EventId = 3354, Level = LogLevel.Information, Message = "{Identity} leads: it scales the edges")]
    private static partial void LogLeads(ILogger logger, string identity);

    [LoggerMessage(EventId = 3355, Level = LogLevel.Warning, Message = "{Identity} leads no longer; the leader is {Holder}")]
    private static partial void LogLost(ILogger logger, string identity, string holder);

    [LoggerMessage(EventId = 3356, Level = LogLevel.Warning, Message = "The Lease that says who scales cannot be read or written: {Problem}")]
    private static partial void LogProblem(ILogger logger, string problem);

    [LoggerMessage(EventId = 3357, Level = LogLevel.Error, Message = "What the leader does failed unexpectedly; it begins anew")]
    private static partial void LogFailed(ILogger logger, Exception exception);

    [LoggerMessage(EventId = 3358, Level = LogLevel.Information, Message = "The Lease could not be given up, and ends by itself: {Problem}")]
    private static partial void LogNotGivenUp(ILogger logger, string problem);
}
