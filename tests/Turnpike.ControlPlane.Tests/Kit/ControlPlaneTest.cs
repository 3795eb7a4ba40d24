namespace Turnpike.ControlPlane.Tests;

/// <summary>
/// A control plane with an empty store at the start: for each test of a class that derives from it, or for all tests of one that has what derives
/// from it as its fixture, because they leave nothing behind that another one would see.
/// </summary>
public abstract class ControlPlaneTest : IAsyncLifetime
{
    private TestControlPlane? _plane;

    internal TestControlPlane Plane => _plane!;

    /// <summary>Settings on top of the usual ones.</summary>
    protected virtual string[] Settings => [];

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public virtual async ValueTask InitializeAsync() => _plane = await TestControlPlane.StartAsync(Settings);

    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_plane is not null)
        {
            await _plane.DisposeAsync();
        }
    }
}
