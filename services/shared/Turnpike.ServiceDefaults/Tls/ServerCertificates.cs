using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Turnpike.ServiceDefaults.Settings;

namespace Turnpike.ServiceDefaults.Tls;

/// <summary>
/// The certificate in force. Its files are looked at every few seconds and a new pair takes the old one's place for handshakes
/// to come; connections that exist are not touched.
/// </summary>
/// <remarks>
/// The content decides, not names or times: both files are small, and the way Kubernetes swaps a symbolic link in the path
/// leaves the names as they are and may leave the times.
/// </remarks>
/// <param name="files">Where the certificate and its key are.</param>
/// <param name="time">The source of time.</param>
/// <param name="logger">Says what is in force, and what is wrong.</param>
public sealed partial class ServerCertificates(TlsFiles files, TimeProvider time, ILogger<ServerCertificates> logger) : IDisposable
{
    /// <summary>How often the files are looked at: short beside the hours for which a renewed certificate and the old one are both valid.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    // What renews certificates has failed for a while when so little is left, whether they live for a day or for a year.
    private static readonly TimeSpan LongestNotice = TimeSpan.FromDays(7);
    private const int NoticePart = 10;

    private ITimer? _timer;
    private volatile TlsCertificate? _current;
    private byte[] _loaded = [];
    private byte[] _refused = [];
    private bool _said;
    private Notice _given;

    /// <summary>The certificate for the next handshake; null before <see cref="Start"/>, or where no files are set.</summary>
    public TlsCertificate? Current => _current;

    /// <summary>Reads the files, if they are set, and watches them from now on. May be called again without effect.</summary>
    /// <exception cref="SettingsException">They are missing, unreadable or do not belong together.</exception>
    public void Start()
    {
        if (!files.AreSet || _timer is not null)
        {
            return;
        }

        _current = Read(out TlsFault? fault, out _loaded) ?? throw new SettingsException(fault!.Line);
        (string subject, DateTime notAfter) = (_current.Leaf.Subject, _current.Leaf.NotAfter.ToUniversalTime());
        LogLoaded(logger, subject, notAfter);
        WarnOfExpiry(_current);
        _timer = time.CreateTimer(static state => ((ServerCertificates)state!).Look(), this, Interval, Interval);
    }

    /// <inheritdoc/>
    public void Dispose() => _timer?.Dispose();

    private void Look()
    {
        TlsCertificate? found = Read(out TlsFault? fault, out byte[] content);
        if (found is not null && !content.AsSpan().SequenceEqual(_loaded))
        {
            _loaded = content;
            _current = found;
            (string subject, DateTime notAfter) = (found.Leaf.Subject, found.Leaf.NotAfter.ToUniversalTime());
            LogReloaded(logger, subject, notAfter);
            _given = Notice.None;
        }

        WarnOfExpiry(_current!);

        // A pair that is just being written does not match for a moment; what is wrong at the next look as well is said, once.
        bool again = found is null && content.AsSpan().SequenceEqual(_refused);
        if (again && !_said)
        {
            LogRefused(logger, fault!.Path, fault.Why);
        }

        _said = again;
        _refused = found is null ? content : [];
    }

    /// <summary>What the files hold now, with a hash of it; of what is wrong where they cannot be read.</summary>
    private TlsCertificate? Read(out TlsFault? fault, out byte[] content)
    {
        (string? certificate, string? key, fault) = files.Read();
        content = SHA256.HashData(Encoding.UTF8.GetBytes(fault?.Why ?? $"{certificate}\0{key}"));
        if (fault is not null)
        {
            return null;
        }
        if (_current is not null && content.AsSpan().SequenceEqual(_loaded))
        {
            return _current;
        }
        TlsCertificate? parsed = TlsCertificate.Parse(certificate!, key!, out string why);
        fault = parsed is null ? files.Unusable(why) : null;
        return parsed;
    }

    // Once each: before it ends, and when it has.
    private void WarnOfExpiry(TlsCertificate certificate)
    {
        long left = certificate.ExpiresAt - time.GetUtcNow().ToUnixTimeSeconds();
        long notice = Math.Min((long)LongestNotice.TotalSeconds, (certificate.ExpiresAt - certificate.ValidFrom) / NoticePart);
        Notice due = left <= 0 ? Notice.Expired : left <= notice ? Notice.Ending : Notice.None;
        if (due <= _given)
        {
            return;
        }

        _given = due;
        (string subject, DateTime notAfter) = (certificate.Leaf.Subject, certificate.Leaf.NotAfter.ToUniversalTime());
        if (due == Notice.Expired)
        {
            LogExpired(logger, subject, notAfter);
        }
        else
        {
            LogEnding(logger, subject, notAfter);
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

    [LoggerMessage(EventId = 1224, Level = LogLevel.Warning,
        Message = "The certificate {Subject} ends on {NotAfter:u}, and no new one has come: clients refuse it from then on")]
    private static partial void LogEnding(ILogger logger, string subject, DateTime notAfter);

    private enum Notice
    {
        None,
        Ending,
        Expired,
    }
}
