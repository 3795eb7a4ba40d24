using Turnpike.Edge.Tests.Host;
using Turnpike.Edge.Transport;
using Turnpike.Edge.Transport.Streams;

namespace Turnpike.Edge.Tests.Streams;

public sealed class StreamCloseDocumentTests
{
    [Fact]
    public void Every_reason_to_close_has_its_line_in_the_readme_and_no_other_is_there()
    {
        IEnumerable<string> expected = Enum.GetValues<StreamClose>()
            .Where(reason => reason != StreamClose.None)
            .Select(reason => RelayReport.Label(reason.ToString()));
        IEnumerable<string> found = Readme.Lines()
            .SkipWhile(line => line != "| reason | why a TCP or TLS connection of a client was closed |")
            .Skip(2)
            .TakeWhile(line => line.StartsWith('|'))
            .Select(line => line.Split('`')[1]);
        Assert.Equal(expected, found);
    }
}
