using Turnpike.ServiceDefaults.Settings;

namespace Turnpike.Edge.Options;

/// <summary>Section <c>Edge:Tls</c>: what the edge proves itself with. The files are read again when they change.</summary>
public sealed class TlsOptions : ISettingsSection
{
    /// <summary>Default none: a certificate names the operator's own host. Intermediates follow the leaf, as certbot and cert-manager write them.</summary>
    [Setting("Certificate of TLS and DTLS listeners, the leaf first and its intermediates after it; read again when it changes",
        Allowed = "the path of a PEM file")]
    public string Certificate { get; init; } = "";

    /// <summary>Default none.</summary>
    [Setting("Private key of the certificate; read again when it changes", Allowed = "the path of a PEM file, not encrypted")]
    public string Key { get; init; } = "";
}
