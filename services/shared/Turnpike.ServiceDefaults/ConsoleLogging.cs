using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace Turnpike.ServiceDefaults;

internal static class ConsoleLogging
{
    // Set by Microsoft's container images and by those of this project.
    private const string InContainer = "DOTNET_RUNNING_IN_CONTAINER";

    public static void Add(ILoggingBuilder logging, IConfiguration configuration, LogFormat format)
    {
        // Before the configuration, so that the operator's levels win.
        logging.AddFilter("Microsoft", LogLevel.Warning);
        // Several lines and a stack trace for whatever a stranger sends that is no request.
        logging.AddFilter("Grpc", LogLevel.Warning);
        // The host logs a failed start with its stack trace; the one line that names the setting says more.
        logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical);
        logging.AddConfiguration(configuration.GetSection("Logging"));
        if (IsJson(format))
        {
            logging.Services.AddSingleton<ConsoleFormatter, JsonLogFormatter>();
            logging.AddConsole(options => options.FormatterName = JsonLogFormatter.FormatterName);
        }
        else
        {
            logging.AddSimpleConsole(options =>
            {
                options.SingleLine = true;
                options.TimestampFormat = "HH:mm:ss ";
                options.ColorBehavior = LoggerColorBehavior.Default;
            });
        }
    }

    private static bool IsJson(LogFormat format) => format switch
    {
        LogFormat.Json => true,
        LogFormat.Text => false,
        _ => Console.IsOutputRedirected || Environment.GetEnvironmentVariable(InContainer) is "1" or "true",
    };
}
