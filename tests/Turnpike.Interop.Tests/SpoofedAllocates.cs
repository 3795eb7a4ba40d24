using System.Net;
using Turnpike.Interop.Clients;
using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;

namespace Turnpike.Interop;

/// <summary>Allocates that nobody follows up, each from an address of its own, as with a forged source.</summary>
internal static class SpoofedAllocates
{
    private const int Sample = 100;

    /// <summary>Sends from 127.(100 + network).x.y. Every hundredth waits for its challenge, which keeps the sender in step.</summary>
    public static async Task SendAsync(IPEndPoint server, byte network, int count)
    {
        TurnClient.AttributeWriter attributes = (ref StunMessageWriter w) => RequestedTransport.Write(ref w, TurnClient.Udp);
        for (int i = 0; i < count; i++)
        {
            var source = new IPAddress([127, (byte)(100 + network), (byte)(i / 250), (byte)(1 + (i % 250))]);
            using var client = new TurnClient(server, source);
            if (i % Sample == Sample - 1)
            {
                Assert.Equal(StunErrorCode.Unauthorized, (await client.RequestAsync(StunMethod.Allocate, attributes)).Code);
            }
            else
            {
                client.SendRaw(client.Build(StunClass.Request, StunMethod.Allocate, attributes));
            }
        }
    }
}
