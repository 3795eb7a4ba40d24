using System.Diagnostics;
using Turnpike.Ctl.Tests.Kit;

namespace Turnpike.Ctl.Tests;

/// <summary>A shell completes the program's words, which the program itself tells.</summary>
public sealed class CompletionTests
{
    [Theory]
    [InlineData("turnpikectl re", "realms", "revocations", "revoke")]
    [InlineData("turnpikectl realms ", "create", "delete", "get", "list", "secret", "update")]
    [InlineData("turnpikectl issue --tr", "--transport")]
    [InlineData("turnpikectl issue --output ", "json", "table")]
    [InlineData("turnpikectl usage --bucket ", "day", "hour", "minute")]
    [InlineData("turnpikectl realms update acme --set peers.", "peers.allow=", "peers.allow_private=", "peers.deny=")]
    public async Task The_program_tells_what_can_follow(string line, params string[] words)
    {
        CtlRun program = new();
        Assert.Equal(0, await program.RunAsync([$"[suggest:{line.Length}]", line]));
        string[] told = program.Out.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.All(words, word => Assert.Contains(word, told));
    }

    [Fact]
    public async Task Bash_completes_with_the_script()
    {
        CtlRun program = new();
        Assert.Equal(0, await program.RunAsync(["completion", "bash"]));
        // The real program under its own name, and what bash itself does when a tab is pressed.
        string folder = AppContext.BaseDirectory;
        string script = $$"""
            turnpikectl() { dotnet "{{folder}}/turnpikectl.dll" "$@"; }
            {{program.Out}}
            COMP_WORDS=(turnpikectl revo) COMP_CWORD=1 COMP_LINE='turnpikectl revo' COMP_POINT=16
            _turnpikectl
            echo "${COMPREPLY[@]}"
            """;
        ProcessStartInfo start = new("bash") { RedirectStandardOutput = true, ArgumentList = { "--noprofile", "--norc", "-c", script } };
        using Process bash = Process.Start(start)!;
        string completed = await bash.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await bash.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal("revocations revoke", completed.Trim());
    }

    [Theory]
    [InlineData("zsh", "compdef")]
    [InlineData("fish", "complete -c turnpikectl")]
    [InlineData("powershell", "Register-ArgumentCompleter")]
    public async Task Other_shells_have_a_script_too(string shell, string text)
    {
        CtlRun program = new();
        Assert.Equal(0, await program.RunAsync(["completion", shell]));
        Assert.Contains(text, program.Out.ToString(), StringComparison.Ordinal);
        Assert.Contains("[suggest:", program.Out.ToString(), StringComparison.Ordinal);
    }
}
