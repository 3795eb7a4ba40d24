using Turnpike.Edge.Options;
using Turnpike.ServiceDefaults.Settings;

namespace Turnpike.Edge.Tests.Host;

public sealed class DocumentTests
{
    [Fact]
    public void The_settings_table_of_the_readme_is_the_one_that_help_prints()
    {
        string[] expected = SettingsHelp.Markdown(EdgeSettings.Catalog).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        string[] found = [.. Readme.Lines().SkipWhile(line => line != expected[0]).TakeWhile(line => line.StartsWith('|'))];
        Assert.Equal(expected, found);
    }
}
