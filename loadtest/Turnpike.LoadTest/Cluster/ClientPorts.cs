namespace Turnpike.LoadTest.Cluster;

/// <summary>
/// Ports for new clients in their order, so that each comes again as late as can be: a server may hold a deleted allocation's 5-tuple for
/// a second (coturn does) and refuse it meanwhile, which is no work that a new client causes.
/// </summary>
internal sealed class ClientPorts
{
    // 33 000 clients a second, more than any server has been seen to take, meet a port again after a second and a half.
    private const ushort Lowest = 16_384;
    private const ushort Highest = ushort.MaxValue;

    private ushort _next = Lowest;

    public const int Count = Highest - Lowest + 1;

    public ushort Next()
    {
        ushort port = _next;
        _next = port == Highest ? Lowest : (ushort)(port + 1);
        return port;
    }
}
