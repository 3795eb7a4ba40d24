namespace Turnpike.ServiceDefaults.Telemetry;

/// <summary>What is exported over OTLP, and where to: checked, consistent and immutable.</summary>
public sealed record TelemetrySettings
{
    /// <summary>Nothing is exported.</summary>
    public static TelemetrySettings Off { get; } = new();

    /// <summary>Where traces go; null: there are none, and nothing is measured for them.</summary>
    public OtlpTarget? Traces { get; init; }

    /// <summary>Where metrics go; null: nowhere but to /metrics.</summary>
    public OtlpTarget? Metrics { get; init; }

    /// <summary>Part of the traces that begin here which are recorded, 0 to 1.</summary>
    public double SamplingRatio { get; init; } = 1;

    /// <summary>Whether a caller that says whether its trace is recorded decides for its call.</summary>
    public bool FollowsCallers { get; init; } = true;

    /// <summary>Time between two exports of metrics.</summary>
    public TimeSpan MetricsInterval { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The printed form names the kind only: headers are secrets.</summary>
    public override string ToString() => nameof(TelemetrySettings);
}

/// <summary>A collector, as one of traces and metrics reaches it.</summary>
public sealed record OtlpTarget
{
    /// <summary>With http/protobuf the whole address; with grpc the server's.</summary>
    public required Uri Endpoint { get; init; }

    /// <summary>Whether http/protobuf is spoken; else grpc.</summary>
    public bool IsHttp { get; init; }

    /// <summary>As OpenTelemetry writes them: <c>name=value,name=value</c>, values percent-encoded. Secret.</summary>
    public string Headers { get; init; } = "";

    /// <summary>Whether what is sent is compressed with gzip.</summary>
    public bool IsCompressed { get; init; }

    /// <summary>How long one export may take.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Certificates of the operator's own.</summary>
    internal OtlpCertificates Certificates { get; init; } = OtlpCertificates.None;

    /// <summary>The printed form leaves out the headers and the path, either of which may have a key in it.</summary>
    public override string ToString() => Endpoint.GetLeftPart(UriPartial.Authority);
}
