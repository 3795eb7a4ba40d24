namespace Turnpike.ControlPlane.Tests;

/// <summary>A class of tests that share one control plane with an empty store at the start.</summary>
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
