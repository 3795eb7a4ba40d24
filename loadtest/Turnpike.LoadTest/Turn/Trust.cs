using System.Security.Cryptography.X509Certificates;

namespace Turnpike.LoadTest.Turn;

/// <summary>Whose certificates are believed.</summary>
internal static class Trust
{
    /// <summary>These issuers alone, without asking them for revocations; null, which means those that the system trusts, for null.</summary>
    public static X509ChainPolicy? In(X509Certificate2Collection? issuers)
    {
        if (issuers is null)
        {
            return null;
        }

        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(issuers);
        return policy;
    }
}
