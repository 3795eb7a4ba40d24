namespace Turnpike.Edge.Options;

/// <summary>Which header of the PROXY protocol (HAProxy's specification, versions 1 and 2) begins every connection of a listener.</summary>
public enum ProxyProtocol
{
    /// <summary>None: clients connect by themselves.</summary>
    None,

    /// <summary>The line of text.</summary>
    V1,

    /// <summary>The binary header.</summary>
    V2,

    /// <summary>Either of the two.</summary>
    Any,
}
