using System.Net;

namespace Turnpike.Edge.Options;

/// <summary>Reads <c>udp://ADDRESS:PORT?public=ADDRESS</c> and its like.</summary>
internal static class ListenerText
{
    private const string SchemeEnd = "://";

    /// <summary>Null when <paramref name="listener"/> is good, else what is wrong; empty when the form says enough.</summary>
    public static string? Problem(string text, out ListenerEndpoint? listener)
    {
        listener = null;
        int end = text.IndexOf(SchemeEnd, StringComparison.Ordinal);
        string scheme = end < 0 ? "" : text[..end];
        if (scheme is not ("udp" or "dtls" or "tcp" or "tls" or "tcp+tls"))
        {
            return "";
        }
        string rest = text[(end + SchemeEnd.Length)..];
        int question = rest.IndexOf('?', StringComparison.Ordinal);
        if (!AddressText.TryParseEndpoint(question < 0 ? rest : rest[..question], out IPEndPoint endpoint))
        {
            return "";
        }
        listener = new ListenerEndpoint(scheme, endpoint, null);
        string? why = null;
        if (question >= 0)
        {
            foreach (string part in rest[(question + 1)..].Split('&'))
            {
                why ??= ReadPart(part, ref listener);
            }
        }
        listener = why is null ? listener : null;
        return why;
    }

    private static string? ReadPart(string part, ref ListenerEndpoint listener)
    {
        string[] pair = part.Split('=', 2);
        switch (pair)
        {
            case ["public", string value] when listener.Public is null:
                if (!AddressText.TryParseAddress(value, out IPAddress told) || AddressText.IsWildcard(told))
                {
                    return "";
                }
                listener = listener with { Public = told };
                return told.AddressFamily == listener.Endpoint.AddressFamily ? null : "the public address is of the other family";
            case ["proxy", "v1" or "v2" or "any"] when listener.Proxy == ProxyProtocol.None:
                listener = listener with { Proxy = Enum.Parse<ProxyProtocol>(pair[1], ignoreCase: true) };
                return listener.IsStream ? null : "the PROXY protocol is for tcp:// and tls:// only";
            case ["dtls", "true" or "false"] when !listener.HasDtls:
                listener = listener with { SharesPortWithDtls = pair[1] == "true" };
                return listener.Scheme == "udp" ? null : "dtls=true is for udp:// only";
            default:
                return "";
        }
    }
}
