using Turnpike.ControlPlane.Options;
using Turnpike.ServiceDefaults.Settings;

namespace Turnpike.ControlPlane.Tests.Options;

public sealed class DocumentTests
{
    [Fact]
    public void The_settings_table_of_the_readme_is_the_one_that_help_prints()
    {
        string[] expected = SettingsHelp.Markdown(ControlPlaneSettings.Catalog).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        string readme = Path.Combine(AppContext.BaseDirectory, "control-plane.README.md");
        string[] found = [.. File.ReadLines(readme).SkipWhile(line => line != expected[0]).TakeWhile(line => line.StartsWith('|'))];
        Assert.Equal(expected, found);
    }
}
