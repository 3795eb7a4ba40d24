using Turnpike.Edge.Tests.Host;
using Turnpike.Edge.Transport;
using Turnpike.Server;

namespace Turnpike.Edge.Tests.Transport;

public sealed class DropReasonDocumentTests
{
    [Fact]
    public void Every_drop_reason_has_its_line_in_the_readme_and_no_other_is_there()
    {
        IEnumerable<string> expected = Enum.GetValues<DropReason>()
            .Where(reason => reason != DropReason.None)
            .Select(reason => RelayReport.Label(reason.ToString()));
        IEnumerable<string> found = Readme.Lines()
            .SkipWhile(line => line != "| reason | what was dropped |")
            .Skip(2)
            .TakeWhile(line => line.StartsWith('|'))
            .Select(line => line.Split('`')[1]);
        Assert.Equal(expected, found);
    }

    [Theory]
    [InlineData("NoPermission", "no_permission")]
    [InlineData("MalformedStun", "malformed_stun")]
    [InlineData("CreatePermission", "create_permission")]
    public void A_label_is_the_name_in_snake_case(string name, string label) => Assert.Equal(label, RelayReport.Label(name));
}
