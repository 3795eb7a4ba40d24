using System.Security.Cryptography;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Turnpike.Cluster;

namespace Turnpike.ControlPlane.Calls;

/// <summary>Turns what went wrong into what callers may know of it.</summary>
public sealed partial class ProblemInterceptor(ILogger<ProblemInterceptor> logger) : Interceptor
{
    public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation) =>
        TranslateAsync(continuation(request, context), context);

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation) =>
        await TranslateAsync(Finish(continuation(request, responseStream, context)), context);

    private static async Task<bool> Finish(Task call)
    {
        await call;
        return true;
    }

    private async Task<T> TranslateAsync<T>(Task<T> call, ServerCallContext context)
    {
        try
        {
            return await call;
        }
        catch (RpcException)
        {
            throw;
        }
        catch (OperationCanceledException) when (context.CancellationToken.IsCancellationRequested)
        {
            throw; // The caller has left, or its deadline has passed; gRPC says which.
        }
        catch (StoreUnavailableException)
        {
            throw Problems.Unavailable("STORE_UNAVAILABLE", "The store is away; edges go on without it, and this call can be made again soon.", TimeSpan.FromSeconds(1));
        }
        catch (RealmConflictException)
        {
            throw Problems.Aborted("realm", "");
        }
#pragma warning disable CA1031 // Whatever it is, callers get an id instead of its text.
        catch (Exception problem)
#pragma warning restore CA1031
        {
            string id = RandomNumberGenerator.GetHexString(12, lowercase: true);
            LogFailure(logger, problem, context.Method, id);
            throw Problems.Internal(id);
        }
    }

    [LoggerMessage(EventId = 3300, Level = LogLevel.Error, Message = "{Method} failed ({Id})")]
    private static partial void LogFailure(ILogger logger, Exception problem, string method, string id);
}
