using System.Globalization;
using Grpc.Core;

namespace Turnpike.ControlPlane.Calls;

/// <summary>
/// Tells callers whose bytes are no message that they are to blame. gRPC for .NET reads the message before any interceptor, answers UNKNOWN,
/// and logs an error with a stack trace, which anybody could fill a disk with.
/// </summary>
internal static class UnreadableMessages
{
    private const string Category = "Grpc.AspNetCore.Server.ServerCallHandler";
    private const string StatusHeader = "grpc-status";
    private const string MessageHeader = "grpc-message";
    private static readonly string Unknown = Text(StatusCode.Unknown);
    private static readonly string Invalid = Text(StatusCode.InvalidArgument);
    private static readonly string Message = Uri.EscapeDataString("The bytes are no message that this method takes.");

    /// <summary>Keeps what is to blame on callers out of the log; what is to blame on the server is logged by <see cref="ProblemInterceptor"/>.</summary>
    public static void IgnoreUnreadableMessages(this ILoggingBuilder logging) => logging.AddFilter(Category, LogLevel.Critical);

    /// <summary>Gives the answer its status. No method of the API ends with UNKNOWN by itself.</summary>
    public static void UseUnreadableMessages(this WebApplication app) => app.Use(async (context, next) =>
    {
        await next(context);
        if (!context.Response.HasStarted && context.Response.Headers[StatusHeader] == Unknown)
        {
            context.Response.Headers[StatusHeader] = Invalid;
            context.Response.Headers[MessageHeader] = Message;
        }
    });

    private static string Text(StatusCode code) => ((int)code).ToString(CultureInfo.InvariantCulture);
}
