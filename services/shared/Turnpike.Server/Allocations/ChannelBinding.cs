using Turnpike.Protocol;

namespace Turnpike.Server;

/// <summary>A channel number bound to a peer (RFC 8656 section 12).</summary>
internal sealed class ChannelBinding(ushort number, in TransportAddress peer)
{
    public readonly ushort Number = number;

    /// <summary>The peer as the client names it.</summary>
    public readonly TransportAddress Peer = peer;

    /// <summary>Where datagrams for the peer go: its local address where the peer is a relay address of this server.</summary>
    public TransportAddress Destination = peer;

    /// <summary>The relayed transport address of the peer's family.</summary>
    public required Relay Relay { get; set; }

    /// <summary>The permission that the binding installed (RFC 8656 section 12.2).</summary>
    public required Permission Permission { get; set; }

    /// <summary>In milliseconds of the server's clock.</summary>
    public long ExpiresAt { get; set; }

    /// <summary>The policy that last allowed the peer; another one judges it again before data passes.</summary>
    public PeerPolicy? AllowedBy { get; set; }
}

/// <summary>
/// The channel bindings of one allocation, found by number and by peer. An expired binding stays for its cool-down, in which
/// neither its number nor its peer may be bound to another (RFC 8656 section 12).
/// </summary>
internal sealed class ChannelTable(long cooldownMilliseconds)
{
    private ushort[] _numbers = new ushort[2];
    private uint[] _peerHashes = new uint[2];
    private ChannelBinding[] _bindings = new ChannelBinding[2];
    private int _count;

    /// <summary>The binding of a number, live or in its cool-down.</summary>
    public ChannelBinding? Find(ushort number)
    {
        int i = _numbers.AsSpan(0, _count).IndexOf(number);
        return i < 0 ? null : _bindings[i];
    }

    /// <summary>The binding of a peer's address and port, live or in its cool-down.</summary>
    public ChannelBinding? Find(in TransportAddress peer)
    {
        uint hash = AddressHash.Of(peer);
        ReadOnlySpan<uint> hashes = _peerHashes.AsSpan(0, _count);
        for (int start = 0; ;)
        {
            int offset = hashes[start..].IndexOf(hash);
            if (offset < 0)
            {
                return null;
            }

            ChannelBinding binding = _bindings[start + offset];
            if (binding.Peer.Equals(peer))
            {
                return binding;
            }

            start += offset + 1;
        }
    }

    /// <summary>Drops bindings whose cool-down is over, and says how many are left.</summary>
    public int Sweep(long now)
    {
        int kept = 0;
        for (int i = 0; i < _count; i++)
        {
            if (_bindings[i].ExpiresAt + cooldownMilliseconds > now)
            {
                _bindings[kept] = _bindings[i];
                _numbers[kept] = _numbers[i];
                _peerHashes[kept] = _peerHashes[i];
                kept++;
            }
        }

        Array.Clear(_bindings, kept, _count - kept);
        return _count = kept;
    }

    public void Add(ChannelBinding binding)
    {
        if (_count == _bindings.Length)
        {
            Array.Resize(ref _bindings, _count * 2);
            Array.Resize(ref _numbers, _count * 2);
            Array.Resize(ref _peerHashes, _count * 2);
        }

        _bindings[_count] = binding;
        _numbers[_count] = binding.Number;
        _peerHashes[_count] = AddressHash.Of(binding.Peer);
        _count++;
    }
}
