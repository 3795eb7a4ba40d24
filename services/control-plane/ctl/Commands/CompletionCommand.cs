using System.CommandLine;

namespace Turnpike.Ctl.Commands;

/// <summary><c>completion</c>: what a shell evaluates to complete the program's words, which the program itself knows.</summary>
internal static class CompletionCommand
{
    private const string Bash = """
        _turnpikectl() {
          local word=${COMP_WORDS[COMP_CWORD]}
          mapfile -t COMPREPLY < <(compgen -W "$(turnpikectl "[suggest:$COMP_POINT]" "$COMP_LINE" 2> /dev/null)" -- "$word")
        }
        complete -o nosort -F _turnpikectl turnpikectl
        """;

    private const string Zsh = """
        #compdef turnpikectl
        _turnpikectl() {
          local -a words_
          words_=("${(@f)$(turnpikectl "[suggest:$CURSOR]" "$BUFFER" 2> /dev/null)}")
          compadd -a words_
        }
        compdef _turnpikectl turnpikectl
        """;

    private const string Fish = """
        complete -c turnpikectl -f -a '(turnpikectl "[suggest:"(commandline -C)"]" (commandline -p) 2> /dev/null)'
        """;

    private const string PowerShell = """
        Register-ArgumentCompleter -Native -CommandName turnpikectl -ScriptBlock {
          param($word, $line, $cursor)
          turnpikectl "[suggest:$cursor]" "$line" 2> $null | ForEach-Object { [System.Management.Automation.CompletionResult]::new($_) }
        }
        """;

    public static void AddTo(CommandTree tree, CtlConsole console)
    {
        Argument<string> shell = new("shell") { Description = "bash, zsh, fish or powershell" };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish", "powershell");
        Command command = new("completion", "prints what a shell evaluates: source <(turnpikectl completion bash)") { shell };
        command.SetAction(parsed =>
        {
            console.Out.WriteLine(parsed.GetRequiredValue(shell) switch
            {
                "bash" => Bash,
                "zsh" => Zsh,
                "fish" => Fish,
                _ => PowerShell,
            });
            return Ctl.Done;
        });
        tree.Root.Subcommands.Add(command);
    }
}
