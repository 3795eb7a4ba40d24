using System.Diagnostics.CodeAnalysis;
using Turnpike.Protocol;

namespace Turnpike.Server;

/// <summary>A fixed list of other servers, one after another, whatever the transport. Thread-safe.</summary>
/// <param name="targets">The servers.</param>
/// <param name="occasions">When they are named.</param>
public sealed class RedirectList(IReadOnlyList<RedirectTarget> targets, params RedirectOccasion[] occasions) : IRedirectSource
{
    private readonly RedirectTarget[] _ipv4 = Of(targets, AddressFamily.IPv4);
    private readonly RedirectTarget[] _ipv6 = Of(targets, AddressFamily.IPv6);
    private uint _next;

    /// <inheritdoc/>
    public bool TryChoose(RedirectOccasion occasion, ClientTransport transport, AddressFamily family, [NotNullWhen(true)] out RedirectTarget? target)
    {
        RedirectTarget[] ofFamily = family == AddressFamily.IPv6 ? _ipv6 : _ipv4;
        target = ofFamily.Length > 0 && Array.IndexOf(occasions, occasion) >= 0
            ? ofFamily[Interlocked.Increment(ref _next) % (uint)ofFamily.Length]
            : null;
        return target is not null;
    }

    private static RedirectTarget[] Of(IReadOnlyList<RedirectTarget> targets, AddressFamily family)
    {
        var found = new List<RedirectTarget>();
        foreach (RedirectTarget target in targets)
        {
            if (target.Server.Family == family)
            {
                found.Add(target);
            }
        }

        return [.. found];
    }
}
