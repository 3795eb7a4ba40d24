using Turnpike.Edge.Tests.Host;
using Turnpike.Edge.Transport;
using Turnpike.Server;

namespace Turnpike.Edge.Tests.Transport;

public sealed class LabelDocumentTests
{
    [Fact]
    public void Every_drop_reason_has_its_line_in_the_readme_and_no_other_is_there() =>
        AreListed("| reason | what was dropped |", Enum.GetValues<DropReason>().Where(reason => reason != DropReason.None));

    [Fact]
    public void Every_authentication_failure_has_its_line_in_the_readme_and_no_other_is_there() =>
        AreListed("| reason | what was wrong |", Enum.GetValues<AuthenticationFailure>());

    [Fact]
    public void Every_limit_has_its_line_in_the_readme_and_no_other_is_there() =>
        AreListed("| scope | what was used up |", Enum.GetValues<QuotaScope>());

    [Fact]
    public void Every_rule_of_the_peer_policy_has_its_line_in_the_readme_and_no_other_is_there() =>
        AreListed("| rule | what the peer is |", Enum.GetValues<PeerRule>().Where(rule => rule != PeerRule.None));

    [Theory]
    [InlineData("NoPermission", "no_permission")]
    [InlineData("MalformedStun", "malformed_stun")]
    [InlineData("CreatePermission", "create_permission")]
    public void A_label_is_the_name_in_snake_case(string name, string label) => Assert.Equal(label, RelayReport.Label(name));

    private static void AreListed<T>(string heading, IEnumerable<T> values)
        where T : struct, Enum
    {
        IEnumerable<string> found = Readme.Lines()
            .SkipWhile(line => line != heading)
            .Skip(2)
            .TakeWhile(line => line.StartsWith('|'))
            .Select(line => line.Split('`')[1]);
        Assert.Equal(values.Select(value => RelayReport.Label(value.ToString())), found);
    }
}
