using System.Text;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Turnpike.Contracts.V1;
using Turnpike.ControlPlane.Calls;

namespace Turnpike.ControlPlane.Credentials;

/// <summary>What the fields of requests about credentials may hold.</summary>
internal static class CredentialRules
{
    private const int LongestUser = 128;
    private const int LongestTag = 64;
    private const int LongestRegion = 64;
    private const int LongestRequestId = 64;
    private const int MostPorts = 64;
    private const int MostTransports = 16;
    private const long LongestLife = 31_536_000;

    /// <exception cref="RpcException">INVALID_ARGUMENT.</exception>
    public static void Check(IssueCredentialRequest request)
    {
        Text("user", request.User, LongestUser);
        Text("tag", request.Tag, LongestTag);
        Text("region", request.Region, LongestRegion);
        Text("request_id", request.RequestId, LongestRequestId);
        Life(request.Ttl);
        if (request.Transports.Count > MostTransports || request.Transports.Any(transport => !System.Enum.IsDefined(transport)))
        {
            throw Problems.Invalid("transports", "allowed: TRANSPORT_UDP, TRANSPORT_TCP, TRANSPORT_TLS, TRANSPORT_DTLS");
        }
        if (request.Ports.Count > MostPorts || request.Ports.Any(port => port is < 1 or > 65535))
        {
            throw Problems.Invalid("ports", $"allowed: at most {MostPorts} of 1 to 65535");
        }
    }

    /// <summary>A text that is not too long and has no control characters.</summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT.</exception>
    public static void Text(string field, string text, int longest, bool required = false)
    {
        if (required && text.Length == 0)
        {
            throw Problems.Invalid(field, "missing");
        }
        if (Encoding.UTF8.GetByteCount(text) > longest)
        {
            throw Problems.Invalid(field, $"longer than {longest} bytes");
        }
        if (text.Any(letter => char.IsControl(letter) || letter is '\u2028' or '\u2029'))
        {
            throw Problems.Invalid(field, "has control characters");
        }
    }

    /// <summary>A user that must be told.</summary>
    public static void User(string field, string user) => Text(field, user, LongestUser, required: true);

    /// <summary>A tag that must be told.</summary>
    public static void Tag(string field, string tag) => Text(field, tag, LongestTag, required: true);

    /// <summary>A length of time from one second up to a year, or none.</summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT.</exception>
    public static void Life(Duration? ttl)
    {
        if (ttl is not null && ttl.Seconds is < 1 or > LongestLife)
        {
            throw Problems.Invalid("ttl", $"must be 1 s to {LongestLife} s");
        }
    }
}
