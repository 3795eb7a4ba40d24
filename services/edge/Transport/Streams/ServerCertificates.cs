using System.Security.Cryptography;
using System.Text;
using Turnpike.Edge.Options;
using Turnpike.ServiceDefaults.Settings;

namespace Turnpike.Edge.Transport.Streams;

/// <summary>
/// The certificate in force. Its files are looked at every few seconds and a new pair takes the old one's place for handshakes
/// to come; connections that exist are not touched.
/// </summary>
/// <remarks>
/// The content decides, not names or times: both files are small, and the way Kubernetes swaps a symbolic link in the path
/// leaves the names as they are and may leave the times.
/// </remarks>
internal sealed partial class ServerCertificates(EdgeSettings settings, TimeProvider time, ILogger<ServerCertificates> logger) : IDisposable
{
    /// <summary>Short beside the hours for which a renewed certificate and the old one are both valid.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private readonly TlsOptions _files = settings.Tls;
    private ITimer? _timer;
    private volatile TlsCertificate? _current;
    private byte[] _loaded = [];
    private byte[] _refused = [];
    private bool _said;

    /// <summary>The certificate for the next handshake; null before <see cref="Start"/> or without Edge:Tls.</summary>
    public TlsCertificate? Current => _current;

    /// <summary>Reads the files, if they are set, and watches them from now on. May be called again without effect.</summary>
    /// <exception cref="SettingsException">They are missing, unreadable or do not belong together.</exception>
    public void Start()
    {
        if (_files.Certificate.Length == 0 || _timer is not null)
        {
            return;
        }

        _current = Read(out string why, out bool keyIsToBlame, out _loaded)
            ?? throw new SettingsException(Setting(keyIsToBlame).Problem(keyIsToBlame ? _files.Key : _files.Certificate, why));
        (string subject, DateTime notAfter) = (_current.Leaf.Subject, _current.Leaf.NotAfter.ToUniversalTime());
        LogLoaded(logger, subject, notAfter);
        WarnIfExpired(_current);
        _timer = time.CreateTimer(static state => ((ServerCertificates)state!).Look(), this, Interval, Interval);
    }

    public void Dispose() => _timer?.Dispose();

    private static Setting Setting(bool key) =>
        EdgeSettings.Catalog.Of<TlsOptions>(key ? nameof(TlsOptions.Key) : nameof(TlsOptions.Certificate));

    private void Look()
    {
        TlsCertificate? found = Read(out string why, out bool keyIsToBlame, out byte[] content);
        if (found is not null && !content.AsSpan().SequenceEqual(_loaded))
        {
            _loaded = content;
            _current = found;
            (string subject, DateTime notAfter) = (found.Leaf.Subject, found.Leaf.NotAfter.ToUniversalTime());
            LogReloaded(logger, subject, notAfter);
            WarnIfExpired(found);
        }

        // A pair that is just being written does not match for a moment; what is wrong at the next look as well is said, once.
        bool again = found is null && content.AsSpan().SequenceEqual(_refused);
        if (again && !_said)
        {
            LogRefused(logger, keyIsToBlame ? _files.Key : _files.Certificate, why);
        }

        _said = again;
        _refused = found is null ? content : [];
    }

    /// <summary>What the files hold now, with a hash of it.</summary>
    private TlsCertificate? Read(out string why, out bool keyIsToBlame, out byte[] content)
    {
        keyIsToBlame = false;
        try
        {
            string certificate = File.ReadAllText(_files.Certificate);
            keyIsToBlame = true;
            string key = File.ReadAllText(_files.Key);
            keyIsToBlame = false;
            content = SHA256.HashData(Encoding.UTF8.GetBytes($"{certificate}\0{key}"));
            if (_current is not null && content.AsSpan().SequenceEqual(_loaded))
            {
                why = "";
                return _current;
            }

            return TlsCertificate.Parse(certificate, key, out why);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            why = $"cannot be read ({exception.Message.TrimEnd('.')})";
            content = SHA256.HashData(Encoding.UTF8.GetBytes(exception.Message));
            return null;
        }
    }

    private void WarnIfExpired(TlsCertificate certificate)
    {
        if (certificate.ExpiresAt <= time.GetUtcNow().ToUnixTimeSeconds())
        {
            LogExpired(logger, certificate.Leaf.Subject, certificate.Leaf.NotAfter.ToUniversalTime());
        }
    }

    [LoggerMessage(EventId = 1220, Level = LogLevel.Information, Message = "The certificate is {Subject}, valid until {NotAfter:u}")]
    private static partial void LogLoaded(ILogger logger, string subject, DateTime notAfter);

    [LoggerMessage(EventId = 1221, Level = LogLevel.Information,
        Message = "New handshakes use the changed certificate, {Subject}, valid until {NotAfter:u}")]
    private static partial void LogReloaded(ILogger logger, string subject, DateTime notAfter);

    [LoggerMessage(EventId = 1222, Level = LogLevel.Error, Message = "The changed certificate is not used, the old one stays: {File}: {Why}")]
    private static partial void LogRefused(ILogger logger, string file, string why);

    [LoggerMessage(EventId = 1223, Level = LogLevel.Warning, Message = "The certificate {Subject} has expired, on {NotAfter:u}: clients refuse it")]
    private static partial void LogExpired(ILogger logger, string subject, DateTime notAfter);
}
