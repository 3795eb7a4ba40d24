namespace Turnpike.Protocol.Attributes;

/// <summary>PASSWORD-ALGORITHM (RFC 8489 §14.12): the algorithm that the client chose from the server's offer.</summary>
public static class PasswordAlgorithm
{
    /// <summary>Reads the algorithm; see the overload that gives the parameters, too.</summary>
    public static AttributeResult Read(in StunMessage message, out PasswordAlgorithmId algorithm)
        => Read(in message, out algorithm, out _);

    /// <summary>
    /// Reads algorithm and parameters; the algorithm may be a number that <see cref="PasswordAlgorithmId"/> does not name.
    /// Malformed: the value is not exactly one entry.
    /// </summary>
    public static AttributeResult Read(
        scoped in StunMessage message, out PasswordAlgorithmId algorithm, out ReadOnlySpan<byte> parameters)
    {
        algorithm = PasswordAlgorithmId.None;
        parameters = [];
        if (!message.TryGet(StunAttributeType.PasswordAlgorithm, out ReadOnlySpan<byte> value))
        {
            return AttributeResult.Absent;
        }

        if (AlgorithmEntry.TryRead(value, out algorithm, out parameters, out int consumed) && consumed == value.Length)
        {
            return AttributeResult.Ok;
        }

        algorithm = PasswordAlgorithmId.None;
        parameters = [];
        return AttributeResult.Malformed;
    }

    /// <summary>Appends the attribute without parameters, as both registered algorithms want it.</summary>
    public static void Write(ref StunMessageWriter writer, PasswordAlgorithmId algorithm) => Write(ref writer, algorithm, []);

    /// <summary>Appends the attribute.</summary>
    public static void Write(ref StunMessageWriter writer, PasswordAlgorithmId algorithm, scoped ReadOnlySpan<byte> parameters)
    {
        Span<byte> value = writer.Reserve(StunAttributeType.PasswordAlgorithm, AlgorithmEntry.HeaderLength + parameters.Length);
        if (!value.IsEmpty)
        {
            AlgorithmEntry.Write(value, algorithm, parameters);
        }
    }
}
