using Turnpike.Edge.Options;
using Turnpike.Edge.Tests.Host;

namespace Turnpike.Edge.Tests.Dtls;

public sealed class DtlsSettingsTests
{
    [Theory]
    [InlineData("dtls://127.0.0.1:5349")]
    [InlineData("udp://127.0.0.1:3478?dtls=true")]
    public void A_listener_with_DTLS_needs_a_certificate_and_a_key(string listener)
    {
        IReadOnlyList<string> problems = Reading.Bad(("Edge:Listeners:0", listener));
        Assert.Equal(2, problems.Count);
        Assert.Contains("Edge:Tls:Certificate", problems[0], StringComparison.Ordinal);
        Assert.Contains("Edge:Tls:Key", problems[1], StringComparison.Ordinal);

        IReadOnlyList<string> one = Reading.Bad(("Edge:Listeners:0", listener), ("Edge:Tls:Certificate", "certificate.pem"));
        Assert.Contains("Edge:Tls:Key", Assert.Single(one), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("dtls://127.0.0.1:5349?dtls=true")]
    [InlineData("tcp://127.0.0.1:3478?dtls=true")]
    [InlineData("udp://127.0.0.1:3478?dtls=yes")]
    [InlineData("udp://127.0.0.1:3478?dtls=true&dtls=true")]
    public void The_switch_for_DTLS_stands_once_and_on_udp_only(string listener)
    {
        IReadOnlyList<string> problems = Reading.Bad(("Edge:Listeners:0", listener));
        Assert.Contains(problems, problem => problem.Contains("Edge:Listeners:0", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("dtls://127.0.0.1:5349", true)]
    [InlineData("udp://127.0.0.1:3478?dtls=true", true)]
    [InlineData("udp://127.0.0.1:3478?dtls=true&public=192.0.2.1", true)]
    [InlineData("udp://127.0.0.1:3478?dtls=false", false)]
    [InlineData("udp://127.0.0.1:3478", false)]
    public void A_listener_says_whether_it_serves_DTLS(string listener, bool expected)
    {
        EdgeSettings settings = Reading.Good(
            ("Edge:Listeners:0", listener), ("Edge:Tls:Certificate", "certificate.pem"), ("Edge:Tls:Key", "key.pem"));
        Assert.Equal(expected, settings.Listeners[0].HasDtls);
    }

    [Fact]
    public void A_port_serves_either_plain_or_own_DTLS_listener_not_both()
    {
        IReadOnlyList<string> problems = Reading.Bad(
            ("Edge:Listeners:0", "udp://127.0.0.1:3478"), ("Edge:Listeners:1", "dtls://127.0.0.1:3478"),
            ("Edge:Tls:Certificate", "certificate.pem"), ("Edge:Tls:Key", "key.pem"));
        Assert.Contains("listed twice", Assert.Single(problems), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Edge:Dtls:Handshakes", "0")]
    [InlineData("Edge:Dtls:HandshakeTimeout", "61")]
    [InlineData("Edge:Dtls:Sessions", "65537")]
    [InlineData("Edge:Dtls:MaxDatagram", "575")]
    public void The_limits_have_a_range(string key, string value) =>
        Assert.Contains(key, Assert.Single(Reading.Bad((key, value))), StringComparison.Ordinal);
}
