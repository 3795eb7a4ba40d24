using Grpc.Core;
using Turnpike.Ctl.Commands;

namespace Turnpike.Ctl.Calls;

/// <summary>Streams that go on for as long as the user wants.</summary>
public static class Streams
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Reads a stream until the user has had enough. One that has begun is opened again when its server goes; one that cannot be opened
    /// at first is an error.
    /// </summary>
    public static async Task FollowAsync<T>(CommandContext context, Func<AsyncServerStreamingCall<T>> open, Action<T> take)
    {
        bool began = false;
        TimeSpan pause = FirstPause;
        while (!context.Cancellation.IsCancellationRequested)
        {
            try
            {
                using AsyncServerStreamingCall<T> call = open();
                await call.ResponseHeadersAsync;
                while (await call.ResponseStream.MoveNext(context.Cancellation))
                {
                    began = true;
                    pause = FirstPause;
                    take(call.ResponseStream.Current);
                }
                began = true;
            }
            catch (Exception problem) when (IsTheCallers(problem) && context.Cancellation.IsCancellationRequested)
            {
                return;
            }
            catch (RpcException problem) when (began && problem.StatusCode is StatusCode.Unavailable or StatusCode.Internal or StatusCode.Cancelled)
            {
                context.Printer.Note($"{CallProblem.Line(problem, context.Connection)}; trying again");
            }
            await Task.Delay(pause, context.Console.Time, context.Cancellation).ContinueWith(_ => { }, TaskScheduler.Default);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    /// <summary>Whether a call has ended because this side ended it.</summary>
    public static bool IsTheCallers(Exception problem) =>
        problem is OperationCanceledException or RpcException { StatusCode: StatusCode.Cancelled };
}
