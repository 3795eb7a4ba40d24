using System.IO.Pipelines;

namespace Turnpike.Edge.Transport.Streams;

/// <summary>A connection's bytes, for whoever takes it over. TLS, where there is any, is already off and on.</summary>
/// <param name="Input">From the client, what has been received and not been read yet first. It completes when the client has finished sending.</param>
/// <param name="Output">To the client. Everything that was answered before has been written. What is flushed has been given to the kernel.</param>
/// <param name="EndOutputAsync">Tells the client that nothing more will come; it may go on sending.</param>
internal sealed record StreamPipes(PipeReader Input, PipeWriter Output, Func<Task> EndOutputAsync);
