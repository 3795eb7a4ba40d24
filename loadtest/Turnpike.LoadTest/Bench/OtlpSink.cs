using System.Net;

namespace Turnpike.LoadTest.Bench;

/// <summary>A collector that takes everything (OTLP over HTTP) and keeps nothing, so that an edge's exports arrive somewhere.</summary>
internal sealed class OtlpSink : IDisposable
{
    private readonly HttpListener _listener;

    public OtlpSink()
    {
        (_listener, Endpoint) = LoopbackListener.Start();
        _ = Task.Run(AnswerAsync);
    }

    public string Endpoint { get; }

    public void Dispose() => _listener.Close();

    private async Task AnswerAsync()
    {
        while (_listener.IsListening)
        {
            try
            {
                HttpListenerContext context = await _listener.GetContextAsync();
                await context.Request.InputStream.CopyToAsync(Stream.Null);
                context.Response.ContentType = "application/x-protobuf";
                context.Response.ContentLength64 = 0;
                context.Response.Close();
            }
            catch (Exception end) when (end is HttpListenerException or ObjectDisposedException or IOException)
            {
                // Closed, or an edge that was killed in the middle of a request.
            }
        }
    }
}
