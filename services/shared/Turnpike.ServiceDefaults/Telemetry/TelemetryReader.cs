using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using Turnpike.ServiceDefaults.Settings;

namespace Turnpike.ServiceDefaults.Telemetry;

/// <summary>
/// Turns the section <c>Telemetry</c> and the variables of OpenTelemetry into <see cref="TelemetrySettings"/>. A setting wins over a variable,
/// and the variable of one signal (OTEL_EXPORTER_OTLP_TRACES_ENDPOINT) over that of all.
/// </summary>
public static class TelemetryReader
{
    private const string Grpc = "grpc";
    private const string HttpProtobuf = "http/protobuf";
    private const string Prefix = "OTEL_EXPORTER_OTLP_";

    /// <summary>The settings; problems are added to the reading.</summary>
    public static TelemetrySettings Read(SettingsReading reading)
    {
        TelemetryOptions options = reading.Get<TelemetryOptions>();
        if (string.Equals(reading.Variable("OTEL_SDK_DISABLED"), "true", StringComparison.OrdinalIgnoreCase))
        {
            return TelemetrySettings.Off;
        }
        OtlpTarget? traces = options.Traces && IsExported(reading, "TRACES") ? Target(reading, options, "TRACES") : null;
        OtlpTarget? metrics = options.Metrics && IsExported(reading, "METRICS") ? Target(reading, options, "METRICS") : null;
        if (traces is null && metrics is null)
        {
            return TelemetrySettings.Off;
        }
        (double ratio, bool follows) = Sampling(reading, options);
        return new TelemetrySettings
        {
            Traces = traces,
            Metrics = metrics,
            SamplingRatio = ratio,
            FollowsCallers = follows,
            MetricsInterval = reading.IsSet<TelemetryOptions>(nameof(TelemetryOptions.MetricsInterval))
                ? TimeSpan.FromSeconds(options.MetricsInterval)
                : Milliseconds(reading, "OTEL_METRIC_EXPORT_INTERVAL", 1000, 3_600_000) ?? TimeSpan.FromSeconds(options.MetricsInterval),
        };
    }

    private static bool IsExported(SettingsReading reading, string signal)
    {
        string name = $"OTEL_{signal}_EXPORTER";
        switch (reading.Variable(name))
        {
            case null or "otlp":
                return true;
            case "none":
                return false;
            case string other:
                Blame(reading, name, other, "otlp, none");
                return false;
        }
    }

    private static OtlpTarget? Target(SettingsReading reading, TelemetryOptions options, string signal)
    {
        Given? protocol = First(reading, nameof(TelemetryOptions.Protocol), options.Protocol, signal, "PROTOCOL");
        bool isHttp = protocol?.Text == HttpProtobuf;
        if (protocol is not (null or { Text: Grpc or HttpProtobuf }))
        {
            protocol.Blame(reading, $"{Grpc}, {HttpProtobuf}");
        }
        if (First(reading, nameof(TelemetryOptions.Endpoint), options.Endpoint, signal, "ENDPOINT") is not { } endpoint)
        {
            return null;
        }
        Uri? address = Address(endpoint, isHttp, signal);
        if (address is null)
        {
            // Whoever puts a password or a key into an address is told without it.
            endpoint.Blame(
                reading,
                isHttp ? "http://HOST:PORT or https://HOST:PORT, and a path" : "http://HOST:PORT or https://HOST:PORT",
                isSecret: endpoint.Text.AsSpan().ContainsAny('@', '?', '#'));
        }
        Given? headers = First(reading, nameof(TelemetryOptions.Headers), options.Headers, signal, "HEADERS");
        if (headers is not null && !AreHeaders(headers.Text))
        {
            headers.Blame(reading, "NAME=VALUE,…", isSecret: true);
        }
        Given? compression = First(reading, null, "", signal, "COMPRESSION");
        if (compression is not (null or { Text: "none" or "gzip" }))
        {
            compression.Blame(reading, "none, gzip");
        }
        return address is null ? null : new OtlpTarget
        {
            Endpoint = address,
            IsHttp = isHttp,
            Headers = headers?.Text ?? "",
            IsCompressed = compression?.Text == "gzip",
            Timeout = Timeout(reading, options, signal),
            Certificates = Certificates(reading, options, signal),
        };
    }

    private static Uri? Address(Given endpoint, bool isHttp, string signal)
    {
        if (!Uri.TryCreate(endpoint.Text, UriKind.Absolute, out Uri? url)
            || url is not { Scheme: "http" or "https", UserInfo: "", Query: "", Fragment: "" }
            || (!isHttp && url.AbsolutePath != "/"))
        {
            return null;
        }
        // The variable of one signal has the whole address; all others have the part that the signals share.
        return isHttp && !endpoint.IsOfSignal ? new Uri($"{url.AbsoluteUri.TrimEnd('/')}/v1/{signal.ToLowerInvariant()}") : url;
    }

    private static TimeSpan Timeout(SettingsReading reading, TelemetryOptions options, string signal)
    {
        TimeSpan usual = TimeSpan.FromMilliseconds(options.Timeout);
        return reading.IsSet<TelemetryOptions>(nameof(TelemetryOptions.Timeout))
            ? usual
            : Milliseconds(reading, $"{Prefix}{signal}_TIMEOUT", 100, 60_000) ?? Milliseconds(reading, $"{Prefix}TIMEOUT", 100, 60_000) ?? usual;
    }

    private static TimeSpan? Milliseconds(SettingsReading reading, string name, int least, int most)
    {
        if (reading.Variable(name) is not string text)
        {
            return null;
        }
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= least && number <= most)
        {
            return TimeSpan.FromMilliseconds(number);
        }
        Blame(reading, name, text, string.Create(CultureInfo.InvariantCulture, $"{least} to {most}"));
        return null;
    }

    private static OtlpCertificates Certificates(SettingsReading reading, TelemetryOptions options, string signal)
    {
        X509Certificate2? issuer = null;
        if (First(reading, nameof(TelemetryOptions.TrustedIssuer), options.TrustedIssuer, signal, "CERTIFICATE") is { } file
            && OtlpCertificates.Read(file.Text, out issuer) is string unread)
        {
            file.Blame(reading, "a PEM file with one certificate", unread);
        }
        X509Certificate2? client = null;
        Given? certificate = First(reading, null, "", signal, "CLIENT_CERTIFICATE");
        Given? key = First(reading, null, "", signal, "CLIENT_KEY");
        if (certificate is not null
            && OtlpCertificates.ReadPair(certificate.Text, (key ?? certificate).Text, out client) is string why)
        {
            certificate.Blame(reading, "a PEM file, and its key's in OTEL_EXPORTER_OTLP_CLIENT_KEY", why);
        }
        return new OtlpCertificates(issuer, client);
    }

    private static (double Ratio, bool FollowsCallers) Sampling(SettingsReading reading, TelemetryOptions options)
    {
        const string Sampler = "OTEL_TRACES_SAMPLER";
        if (reading.IsSet<TelemetryOptions>(nameof(TelemetryOptions.SamplingRatio)) || reading.Variable(Sampler) is not string sampler)
        {
            return (options.SamplingRatio, true);
        }
        bool follows = sampler.StartsWith("parentbased_", StringComparison.Ordinal);
        switch (follows ? sampler["parentbased_".Length..] : sampler)
        {
            case "always_on":
                return (1, follows);
            case "always_off":
                return (0, follows);
            case "traceidratio":
                const string Argument = "OTEL_TRACES_SAMPLER_ARG";
                string text = reading.Variable(Argument) ?? "1";
                if (double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double ratio) && ratio is >= 0 and <= 1)
                {
                    return (ratio, follows);
                }
                Blame(reading, Argument, text, "0 to 1");
                return (1, follows);
            default:
                Blame(reading, Sampler, sampler, "always_on, always_off, traceidratio, and the same with parentbased_ in front");
                return (1, true);
        }
    }

    private static bool AreHeaders(string text) => text.Split(',').All(pair =>
    {
        int equals = pair.IndexOf('=', StringComparison.Ordinal);
        return equals > 0
            && pair.AsSpan(0, equals).Trim() is { Length: > 0 } name && !name.ContainsAnyExcept(HeaderName)
            && !pair.AsSpan(equals + 1).ContainsAnyExceptInRange(' ', '~')
            && !Uri.UnescapeDataString(pair[(equals + 1)..]).Any(letter => letter is < ' ' or > '~');
    });

    // RFC 9110 section 5.6.2.
    private static System.Buffers.SearchValues<char> HeaderName { get; } =
        System.Buffers.SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    private static Given? First(SettingsReading reading, string? property, string text, string signal, string variable)
    {
        if (text.Length > 0)
        {
            return new Given(property, "", text);
        }
        string ofSignal = $"{Prefix}{signal}_{variable}";
        return reading.Variable(ofSignal) is string own ? new Given(null, ofSignal, own) { IsOfSignal = true }
            : reading.Variable(Prefix + variable) is string shared ? new Given(null, Prefix + variable, shared)
            : null;
    }

    private static void Blame(SettingsReading reading, string variable, string value, string allowed) =>
        new Given(null, variable, value).Blame(reading, allowed);

    /// <summary>A value, and where it comes from.</summary>
    private sealed record Given(string? Property, string Variable, string Text)
    {
        public bool IsOfSignal { get; init; }

        public void Blame(SettingsReading reading, string allowed, string? why = null, bool isSecret = false)
        {
            if (Property is not null)
            {
                reading.AddProblem<TelemetryOptions>(Property, isSecret ? null : Text, why);
                return;
            }
            string shown = isSecret ? Variable : $"{Variable} = \"{Setting.Printable(Text)}\"";
            reading.AddProblem($"{shown}: {(why is null ? "" : $"{why}; ")}allowed: {allowed}");
        }
    }
}
