using System.Globalization;
using Turnpike.OtlpReceiver.Protocol;

namespace Turnpike.OtlpReceiver;

/// <summary>A span as the collector got it.</summary>
/// <param name="service">The service.name of its resource.</param>
/// <param name="span">The rest.</param>
public sealed class ReceivedSpan(string service, Span span)
{
    public string Service => service;

    public string Name => span.Name;

    public string TraceId { get; } = Convert.ToHexStringLower(span.TraceId.Span);

    public string SpanId { get; } = Convert.ToHexStringLower(span.SpanId.Span);

    /// <summary>Empty for the first span of a trace.</summary>
    public string ParentId { get; } = Convert.ToHexStringLower(span.ParentSpanId.Span);

    public bool IsError => span.Status?.Code == 2;

    public IReadOnlyDictionary<string, string> Attributes { get; } = Read(span.Attributes);

    public IReadOnlyList<(string Name, IReadOnlyDictionary<string, string> Attributes)> Events { get; } =
        [.. span.Events.Select(entry => (entry.Name, Read(entry.Attributes)))];

    public TimeSpan Duration => TimeSpan.FromMicroseconds((span.EndTimeUnixNano - span.StartTimeUnixNano) / 1000.0);

    /// <summary>Everything that it says, for those who look for what must not be there.</summary>
    public override string ToString() => $"{service}: {span}";

    internal static IReadOnlyDictionary<string, string> Read(IEnumerable<KeyValue> attributes) => attributes.ToDictionary(each => each.Key, each => Text(each.Value));

    private static string Text(AnyValue value) => value.ValueCase switch
    {
        AnyValue.ValueOneofCase.StringValue => value.StringValue,
        AnyValue.ValueOneofCase.IntValue => value.IntValue.ToString(CultureInfo.InvariantCulture),
        AnyValue.ValueOneofCase.BoolValue => value.BoolValue ? "true" : "false",
        _ => value.ToString(),
    };
}
