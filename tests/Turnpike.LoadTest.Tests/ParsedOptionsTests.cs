using Turnpike.LoadTest.CommandLine;

namespace Turnpike.LoadTest.Tests;

public sealed class ParsedOptionsTests
{
    private static readonly Option[] Known =
    [
        new("rate", "N", "", "10"),
        new("name", "TEXT", ""),
        new("quick", null, ""),
        new("day", "DAY", "", "Monday"),
    ];

    private static ParsedOptions Parse(params string[] arguments) => ParsedOptions.Parse(Known, arguments);

    [Fact]
    public void A_value_may_follow_its_option_or_an_equals_sign()
    {
        Assert.Equal(7, Parse("--rate", "7").Integer("rate", 1, 100));
        Assert.Equal(7, Parse("--rate=7").Integer("rate", 1, 100));
        Assert.Equal("a=b", Parse("--name=a=b").Text("name"));
    }

    [Fact]
    public void A_missing_option_takes_its_default()
    {
        ParsedOptions parsed = Parse();
        Assert.Equal(10, parsed.Integer("rate", 1, 100));
        Assert.Null(parsed.Text("name"));
        Assert.False(parsed.Flag("quick"));
        Assert.False(parsed.Has("rate"));
    }

    [Theory]
    [InlineData("unknown option '--rat': --help lists the options", "--rat", "7")]
    [InlineData("'7' is not an option", "7")]
    [InlineData("--rate is given twice", "--rate", "7", "--rate=8")]
    [InlineData("--name needs a value: TEXT", "--name")]
    [InlineData("--quick takes no value", "--quick=yes")]
    public void A_malformed_command_line_is_refused(string message, params string[] arguments)
    {
        Assert.Equal(message, Assert.Throws<UsageException>(() => Parse(arguments)).Message);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("101")]
    [InlineData("-1")]
    [InlineData("7x")]
    [InlineData("")]
    [InlineData("1.5")]
    public void A_whole_number_outside_its_range_is_refused(string text)
    {
        Assert.Throws<UsageException>(() => Parse("--rate", text).Integer("rate", 1, 100));
    }

    [Theory]
    [InlineData("NaN")]
    [InlineData("1e3")]
    [InlineData("1,5")]
    [InlineData("101")]
    public void A_number_outside_its_range_or_form_is_refused(string text)
    {
        Assert.Throws<UsageException>(() => Parse("--rate", text).Number("rate", 0, 100));
    }

    [Fact]
    public void A_choice_is_taken_in_any_case_and_nothing_else_is()
    {
        Assert.Equal(DayOfWeek.Friday, Parse("--day", "friday").Choice<DayOfWeek>("day"));
        Assert.Throws<UsageException>(() => Parse("--day", "5").Choice<DayOfWeek>("day"));
    }

    [Fact]
    public void A_required_text_that_is_missing_or_empty_is_refused()
    {
        Assert.Throws<UsageException>(() => Parse().RequiredText("name"));
        Assert.Throws<UsageException>(() => Parse("--name=").RequiredText("name"));
    }
}
