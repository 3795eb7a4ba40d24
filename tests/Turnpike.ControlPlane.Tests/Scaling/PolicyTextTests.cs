using Turnpike.ControlPlane.Scaling;
using Turnpike.Scaling;

namespace Turnpike.ControlPlane.Tests.Scaling;

/// <summary>The parts of the policy that are written as text.</summary>
public sealed class PolicyTextTests
{
    [Theory]
    [InlineData("mon-fri 08:00-18:00 Europe/Berlin min=20", "mon,tue,wed,thu,fri 08:00-18:00 Europe/Berlin min=20")]
    [InlineData("daily 22:00-06:00 UTC max=5 min=2", "daily 22:00-06:00 UTC min=2 max=5")]
    [InlineData("Fri-Mon,wed 00:00-00:00 UTC min=1", "fri,sat,sun,mon,wed 00:00-00:00 UTC min=1")]
    public void A_window_is_read_and_written(string text, string written)
    {
        Assert.Null(PolicyText.ReadWindow(text, out ScalingWindow? window));
        Assert.Equal(written, PolicyText.Write(window!));
    }

    [Theory]
    [InlineData("", "not days, hours")]
    [InlineData("mon 08:00-18:00 UTC", "not days, hours")]
    [InlineData("noday 08:00-18:00 UTC min=1", "noday are no days")]
    [InlineData("mon-tue-wed 08:00-18:00 UTC min=1", "are no days")]
    [InlineData("mon 8-18 UTC min=1", "8-18 are no hours")]
    [InlineData("mon 08:00-24:00 UTC min=1", "are no hours")]
    [InlineData("mon 08:00-18:00 Mars/Olympus min=1", "no time zone Mars/Olympus")]
    [InlineData("mon 08:00-18:00 UTC min=0", "min=0 is neither")]
    [InlineData("mon 08:00-18:00 UTC min=1 min=2", "min=2 is neither")]
    [InlineData("mon 08:00-18:00 UTC replicas=2", "replicas=2 is neither")]
    [InlineData("mon 08:00-18:00 UTC min=3 max=2", "min is more than max")]
    public void A_window_that_is_none_is_explained(string text, string why) =>
        Assert.Contains(why, PolicyText.ReadWindow(text, out _), StringComparison.Ordinal);

    [Theory]
    [InlineData("Pods:4:60", RateType.Pods, 4, 60)]
    [InlineData("percent:100:15", RateType.Percent, 100, 15)]
    public void A_rate_is_read(string text, RateType type, int value, int seconds)
    {
        Assert.Null(PolicyText.ReadRate(text, out RatePolicy rate));
        Assert.Equal(new RatePolicy(type, value, TimeSpan.FromSeconds(seconds)), rate);
    }

    [Theory]
    [InlineData("Pods:4")]
    [InlineData("Nodes:4:60")]
    [InlineData("0:4:60")]
    [InlineData("Pods:0:60")]
    [InlineData("Pods:-4:60")]
    [InlineData("Pods:4:0")]
    [InlineData("Pods:4:1801")]
    [InlineData("Pods:4:60s")]
    public void A_rate_that_is_none_is_explained(string text) => Assert.NotNull(PolicyText.ReadRate(text, out _));

    [Theory]
    [InlineData("cpu:50")]
    [InlineData("allocations")]
    [InlineData("allocations:5")]
    [InlineData("allocations:101")]
    [InlineData("allocations:0.5")]
    public void A_target_that_is_none_is_explained(string text) => Assert.NotNull(PolicyText.ReadTarget(text, out _, out _));
}
