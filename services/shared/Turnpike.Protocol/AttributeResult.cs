namespace Turnpike.Protocol;

/// <summary>What reading an attribute gave.</summary>
public enum AttributeResult : byte
{
    /// <summary>The attribute is not among the effective attributes of the message.</summary>
    Absent = 0,

    /// <summary>The attribute is there and its value is well-formed.</summary>
    Ok = 1,

    /// <summary>The attribute is there with a length or content that its RFC rules out; the value read is the default.</summary>
    Malformed = 2,
}
