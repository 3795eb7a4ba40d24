using System.Diagnostics.Metrics;
using Grpc.Core;
using Turnpike.Cluster;

namespace Turnpike.ControlPlane.Credentials;

/// <summary>What was issued and revoked.</summary>
internal sealed class CredentialMetrics
{
    private static readonly RevocationKind[] Kinds = Enum.GetValues<RevocationKind>();

    private readonly long[] _issued = new long[Enum.GetValues<IssueResult>().Length];
    private readonly long[] _revoked = new long[Kinds.Length];

    public CredentialMetrics(IMeterFactory meters)
    {
        Meter meter = meters.Create("Turnpike.ControlPlane");
        meter.CreateObservableCounter(
            "turnpike.control_plane.credentials_issued",
            () => Enum.GetValues<IssueResult>().Select(result => Measure(_issued, (int)result, "result", Name(result))),
            description: "Credentials that were asked for by callers who may, by result");
        meter.CreateObservableCounter(
            "turnpike.control_plane.credentials_revoked",
            () => Kinds.Select(kind => Measure(_revoked, (int)kind, "kind", kind.ToString().ToLowerInvariant())),
            description: "Revocations, by what was revoked");

        static Measurement<long> Measure(long[] counts, int index, string label, string name) =>
            new(Interlocked.Read(ref counts[index]), new KeyValuePair<string, object?>(label, name));
    }

    private enum IssueResult
    {
        Issued,
        Invalid,
        NotFound,
        Unavailable,
        Failed,
    }

    /// <summary>Counts how issuing ends.</summary>
    public async Task<T> CountIssuedAsync<T>(Task<T> issuing)
    {
        IssueResult result = IssueResult.Failed;
        try
        {
            T made = await issuing;
            result = IssueResult.Issued;
            return made;
        }
        catch (RpcException problem)
        {
            result = problem.StatusCode switch
            {
                StatusCode.InvalidArgument or StatusCode.AlreadyExists => IssueResult.Invalid,
                StatusCode.NotFound => IssueResult.NotFound,
                StatusCode.Unavailable => IssueResult.Unavailable,
                _ => IssueResult.Failed,
            };
            throw;
        }
        catch (StoreUnavailableException)
        {
            result = IssueResult.Unavailable;
            throw;
        }
        finally
        {
            Interlocked.Increment(ref _issued[(int)result]);
        }
    }

    /// <summary>Something was revoked.</summary>
    public void CountRevoked(RevocationKind kind) => Interlocked.Increment(ref _revoked[(int)kind]);

    private static string Name(IssueResult result) => result switch
    {
        IssueResult.Issued => "issued",
        IssueResult.Invalid => "invalid",
        IssueResult.NotFound => "not_found",
        IssueResult.Unavailable => "unavailable",
        _ => "failed",
    };
}
