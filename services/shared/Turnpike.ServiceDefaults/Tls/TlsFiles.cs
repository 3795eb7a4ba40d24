using Turnpike.ServiceDefaults.Settings;

namespace Turnpike.ServiceDefaults.Tls;

/// <summary>The PEM files of a certificate and its key, and the settings that name them. Both paths are empty, or both are set.</summary>
/// <param name="Certificate">Path of the certificate, its intermediates after it.</param>
/// <param name="CertificateSetting">The setting to blame for it.</param>
/// <param name="Key">Path of the private key.</param>
/// <param name="KeySetting">The setting to blame for it.</param>
public sealed record TlsFiles(string Certificate, Setting CertificateSetting, string Key, Setting KeySetting)
{
    /// <summary>Whether there is a certificate at all.</summary>
    public bool AreSet => Certificate.Length > 0;

    /// <summary>What keeps the files from being used now, as a line for the operator; null when nothing does, or when none are set.</summary>
    public string? Problem()
    {
        if (!AreSet)
        {
            return null;
        }
        (string? certificate, string? key, TlsFault? fault) = Read();
        if (fault is null && TlsCertificate.Parse(certificate!, key!, out string why) is null)
        {
            fault = Unusable(why);
        }
        return fault?.Line;
    }

    /// <summary>What the files hold now, or what keeps them from being read.</summary>
    internal (string? Certificate, string? Key, TlsFault? Fault) Read()
    {
        (Setting setting, string path) = (CertificateSetting, Certificate);
        try
        {
            string certificate = File.ReadAllText(path);
            (setting, path) = (KeySetting, Key);
            return (certificate, File.ReadAllText(path), null);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return (null, null, new TlsFault(setting, path, $"cannot be read ({exception.Message.TrimEnd('.')})"));
        }
    }

    /// <summary>What they hold cannot be used together.</summary>
    internal TlsFault Unusable(string why) => new(CertificateSetting, Certificate, why);
}

/// <summary>What is wrong with the files of a certificate.</summary>
/// <param name="Setting">The setting to blame.</param>
/// <param name="Path">Its value.</param>
/// <param name="Why">What is wrong.</param>
internal sealed record TlsFault(Setting Setting, string Path, string Why)
{
    public string Line => Setting.Problem(Path, Why);
}
