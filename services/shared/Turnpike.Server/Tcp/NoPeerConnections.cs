using Turnpike.Protocol;

namespace Turnpike.Server;

/// <summary>TCP relaying that is switched off: nothing is ever opened, so nothing else is ever asked for.</summary>
internal sealed class NoPeerConnections : IPeerConnections
{
    public static readonly NoPeerConnections Instance = new();

    public bool RelaysTcp => false;

    public RelayOpening TryListen(AddressFamily family, in TransportAddress server, out Relay? relay)
    {
        relay = null;
        return RelayOpening.FamilyNotSupported;
    }

    public void Connect(Relay relay, in TransportAddress peer, uint connectionId)
    {
    }

    public void Bind(uint connectionId, in FiveTuple dataConnection)
    {
    }

    public void Close(uint connectionId)
    {
    }

    public void Close(Relay relay)
    {
    }
}
