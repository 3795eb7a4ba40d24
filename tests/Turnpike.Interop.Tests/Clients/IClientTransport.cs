using System.Net;

namespace Turnpike.Interop.Clients;

/// <summary>How the messages of a <see cref="TurnClient"/> travel: whole, one at a time.</summary>
internal interface IClientTransport : IDisposable
{
    IPEndPoint LocalEndPoint { get; }

    /// <summary>Nothing is lost on the way, so nothing is sent twice.</summary>
    bool IsReliable { get; }

    void Send(ReadOnlySpan<byte> message);

    /// <summary>The next message. A stream that the server closed throws <see cref="EndOfStreamException"/>.</summary>
    Task<byte[]> ReceiveAsync(CancellationToken cancellation);
}
