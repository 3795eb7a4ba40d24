using System.Globalization;
using System.Net;
using Turnpike.Cluster.Interop.Fleet;
using Turnpike.Interop.Clients;

namespace Turnpike.Cluster.Interop.Scaling;

/// <summary>A call of Debian's client, over ten seconds.</summary>
internal sealed class UclientCall : IAsyncDisposable
{
    // With two allocations a run: few beside the calls that are scaled for.
    private const int Messages = 100;
    private const int MillisecondsBetween = 100;

    private readonly Tenant _tenant;
    private readonly string _user;

    private UclientCall(Tenant tenant, string user, Uclient run) => (_tenant, _user, Run) = (tenant, user, run);

    public Uclient Run { get; }

    public static UclientCall Start(Tenant tenant, string user, IPEndPoint edge, IPEndPoint peer)
    {
        (string name, string password) = tenant.Issue(user);
        string[] arguments = [.. Uclient.To(peer), "-c", "-m", "1", "-n", Text(Messages), "-z", Text(MillisecondsBetween)];
        return new UclientCall(tenant, user, Uclient.StartAs(name, password, edge, arguments));
    }

    /// <summary>Waits for the last message, and hangs up in the place of the client, which leaves its allocations to their lifetime.</summary>
    public async Task EndAsync()
    {
        (await Run.WaitForResultAsync()).AssertNothingLost(Messages);
        await _tenant.RevokeAsync(RevocationKind.User, _user);
    }

    public ValueTask DisposeAsync() => Run.DisposeAsync();

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
