using System.Net;

namespace Turnpike.Edge.Options;

/// <summary>Reads <c>udp://ADDRESS:PORT?public=ADDRESS</c>.</summary>
internal static class ListenerText
{
    private const string SchemeEnd = "://";
    private const string PublicName = "public=";

    /// <summary>Null when <paramref name="listener"/> is good, else what is wrong; empty when the form says enough.</summary>
    public static string? Problem(string text, out ListenerEndpoint? listener)
    {
        listener = null;
        int end = text.IndexOf(SchemeEnd, StringComparison.Ordinal);
        string scheme = end < 0 ? "" : text[..end];
        if (scheme is "tcp" or "tls" or "dtls")
        {
            return $"{scheme}:// is not supported by this version";
        }
        if (scheme != "udp")
        {
            return "";
        }
        string rest = text[(end + SchemeEnd.Length)..];
        int question = rest.IndexOf('?', StringComparison.Ordinal);
        if (!AddressText.TryParseEndpoint(question < 0 ? rest : rest[..question], out IPEndPoint endpoint))
        {
            return "";
        }
        IPAddress? told = null;
        if (question >= 0)
        {
            string query = rest[(question + 1)..];
            if (!query.StartsWith(PublicName, StringComparison.Ordinal)
                || !AddressText.TryParseAddress(query[PublicName.Length..], out told)
                || AddressText.IsWildcard(told))
            {
                return "";
            }
            if (told.AddressFamily != endpoint.AddressFamily)
            {
                return "the public address is of the other family";
            }
        }
        listener = new ListenerEndpoint(scheme, endpoint, told);
        return null;
    }
}
