using System.Security.Cryptography;

namespace Turnpike.ControlPlane.Kubernetes;

/// <summary>Times to wait that double with each failure, spread so that replicas do not come back together.</summary>
internal sealed class Backoff(TimeSpan first, TimeSpan most)
{
    private const int Doublings = 20;
    private int _failures;

    /// <summary>The time to wait after one more failure.</summary>
    public TimeSpan Next()
    {
        double seconds = Math.Min(first.TotalSeconds * Math.Pow(2, Math.Min(_failures, Doublings)), most.TotalSeconds);
        _failures++;
        return TimeSpan.FromSeconds(seconds * RandomNumberGenerator.GetInt32(800, 1200) / 1000.0);
    }

    public void Reset() => _failures = 0;
}
