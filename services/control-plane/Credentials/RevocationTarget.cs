using System.Text;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Turnpike.Cluster;
using Turnpike.Contracts.V1;
using Turnpike.ControlPlane.Calls;
using Revocation = Turnpike.Cluster.Revocation;
using Wire = Turnpike.Contracts.V1;

namespace Turnpike.ControlPlane.Credentials;

/// <summary>What a revocation is about, between the store's form and the API's.</summary>
internal static class RevocationTarget
{
    private const char Separator = ':';

    /// <summary>Reads it from a request.</summary>
    /// <returns>The kind, its value, and until when the revocation has to be kept at least, in seconds of Unix time.</returns>
    /// <exception cref="RpcException">INVALID_ARGUMENT.</exception>
    public static (RevocationKind Kind, string Value, long Least) Read(RevokeCredentialsRequest request, string realm)
    {
        switch (request.TargetCase)
        {
            case RevokeCredentialsRequest.TargetOneofCase.Username:
                CredentialRules.Text("username", request.Username, IssuedUsername.LongestUsername, required: true);
                bool isIssued = IssuedUsername.TryParse(Encoding.UTF8.GetBytes(request.Username), Separator, out IssuedUsername? issued);
                if (isIssued && issued!.Realm != realm)
                {
                    throw Problems.Invalid("username", $"is not of the realm {realm}");
                }
                return (RevocationKind.Credential, request.Username, issued?.ExpiresAt ?? 0);
            case RevokeCredentialsRequest.TargetOneofCase.User:
                CredentialRules.User("user", request.User);
                return (RevocationKind.User, request.User, 0);
            case RevokeCredentialsRequest.TargetOneofCase.Tag:
                CredentialRules.Tag("tag", request.Tag);
                return (RevocationKind.Tag, request.Tag, 0);
            case RevokeCredentialsRequest.TargetOneofCase.EntireRealm when request.EntireRealm:
                return (RevocationKind.Realm, "", 0);
            case RevokeCredentialsRequest.TargetOneofCase.EntireRealm:
                throw Problems.Invalid("entire_realm", "must be true where it is the target");
            case RevokeCredentialsRequest.TargetOneofCase.None:
            default:
                throw Problems.Invalid("target", "missing: one of username, user, tag and entire_realm");
        }
    }

    /// <summary>As callers see it.</summary>
    public static Wire.Revocation ToWire(Revocation revocation)
    {
        var wire = new Wire.Revocation
        {
            Name = $"revocations/{revocation.Id}",
            Realm = revocation.Realm,
            RevokeTime = new Timestamp { Seconds = revocation.RevokedAt },
            ExpireTime = new Timestamp { Seconds = revocation.ExpiresAt },
        };
        switch (revocation.Kind)
        {
            case RevocationKind.Credential:
                wire.Username = revocation.Value;
                break;
            case RevocationKind.User:
                wire.User = revocation.Value;
                break;
            case RevocationKind.Tag:
                wire.Tag = revocation.Value;
                break;
            case RevocationKind.Realm:
            default:
                wire.EntireRealm = true;
                break;
        }
        return wire;
    }
}
