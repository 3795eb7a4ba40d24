namespace Turnpike.Cluster.Interop.Fleet;

/// <summary>Something with processes whose logs explain a failed test.</summary>
internal interface ILogging
{
    string Log { get; }
}
