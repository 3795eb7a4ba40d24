using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace Turnpike.ServiceDefaults;

/// <summary>How reading the settings ended.</summary>
/// <typeparam name="TSettings">The checked settings.</typeparam>
public sealed class ServiceStart<TSettings>
    where TSettings : class
{
    private readonly IConfiguration? _configuration;
    private readonly TSettings? _settings;
    private readonly LoggingOptions _logging = new();

    internal ServiceStart(ServiceIdentity identity, int exitCode)
    {
        Identity = identity;
        ExitCode = exitCode;
    }

    internal ServiceStart(ServiceIdentity identity, IConfiguration configuration, LoggingOptions logging, TSettings settings)
    {
        Identity = identity;
        _configuration = configuration;
        _logging = logging;
        _settings = settings;
    }

    /// <summary>Set when everything has been said and the process is to end with this code.</summary>
    public int? ExitCode { get; }

    /// <summary>Which executable this is.</summary>
    public ServiceIdentity Identity { get; }

    /// <summary>The checked settings.</summary>
    /// <exception cref="InvalidOperationException"><see cref="ExitCode"/> is set.</exception>
    public TSettings Settings => _settings ?? throw new InvalidOperationException("There are no settings: ExitCode is set.");

    /// <summary>The same log for what runs before the host and after it. The caller disposes it.</summary>
    public ILoggerFactory CreateLoggerFactory() =>
        LoggerFactory.Create(logging => ConsoleLogging.Add(logging, _configuration!, _logging.Format));

    /// <summary>A builder with these settings, logging to the console and nothing else: no other source, no ASPNETCORE_ variables.</summary>
    public WebApplicationBuilder CreateBuilder()
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions
        {
            ApplicationName = Identity.Program,
            ContentRootPath = AppContext.BaseDirectory,
        });
        builder.Configuration.AddConfiguration(_configuration!);
        ConsoleLogging.Add(builder.Logging, _configuration!, _logging.Format);
        return builder;
    }
}
