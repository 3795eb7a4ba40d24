namespace Turnpike.ControlPlane.Kubernetes.Election;

/// <summary>How long a lead lasts and how it is kept.</summary>
/// <param name="Lease">Without a renewal for so long, another one may lead.</param>
/// <param name="Renew">Without a successful renewal for so long, whoever leads stops; less than the lease, so that it stops first.</param>
/// <param name="Retry">Time between two tries.</param>
internal sealed record ElectionTimes(TimeSpan Lease, TimeSpan Renew, TimeSpan Retry);
