namespace Turnpike.Protocol.Attributes;

/// <summary>
/// PASSWORD-ALGORITHMS (RFC 8489 §14.11): the server's offer, best first, which the client sends back unchanged. The server
/// compares the value byte for byte against its offer (<see cref="StunMessage.TryGet"/>).
/// </summary>
public static class PasswordAlgorithms
{
    /// <summary>
    /// Reads one entry after the other: <paramref name="offset"/> is 0 for the first and moves on with every call. Absent when the
    /// attribute is, and after the last entry. Malformed: an entry reaches beyond the value; <paramref name="offset"/> stays.
    /// </summary>
    public static AttributeResult ReadNext(
        scoped in StunMessage message, ref int offset, out PasswordAlgorithmId algorithm, out ReadOnlySpan<byte> parameters)
    {
        algorithm = PasswordAlgorithmId.None;
        parameters = [];
        if (!message.TryGet(StunAttributeType.PasswordAlgorithms, out ReadOnlySpan<byte> value) || offset >= value.Length)
        {
            return AttributeResult.Absent;
        }

        if (!AlgorithmEntry.TryRead(value[offset..], out algorithm, out parameters, out int consumed))
        {
            return AttributeResult.Malformed;
        }

        offset += consumed;
        return AttributeResult.Ok;
    }

    /// <summary>Appends the attribute with one entry per algorithm, none of which has parameters.</summary>
    public static void Write(ref StunMessageWriter writer, scoped ReadOnlySpan<PasswordAlgorithmId> algorithms)
    {
        int length = algorithms.Length * AlgorithmEntry.HeaderLength;
        Span<byte> value = writer.Reserve(StunAttributeType.PasswordAlgorithms, length);
        for (int index = 0; value.Length == length && index < algorithms.Length; index++)
        {
            AlgorithmEntry.Write(value[(index * AlgorithmEntry.HeaderLength)..], algorithms[index], []);
        }
    }
}
