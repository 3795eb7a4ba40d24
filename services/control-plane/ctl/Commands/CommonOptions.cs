using System.CommandLine;
using Turnpike.Ctl.Calls;
using Turnpike.Ctl.Values;

namespace Turnpike.Ctl.Commands;

/// <summary>The options of every command.</summary>
public sealed class CommonOptions
{
    private const string DefaultServer = "http://127.0.0.1:8443";
    private const string DefaultRealm = "turnpike";

    private readonly CtlConsole _console;

    private readonly Option<string?> _server = new("--server")
    {
        Description = $"the control plane's gRPC address (TURNPIKE_SERVER) [{DefaultServer}]",
        HelpName = "url",
        Recursive = true,
    };

    private readonly Option<string?> _token = new("--token")
    {
        Description = "who calls (TURNPIKE_TOKEN); others on this machine can see a command line",
        HelpName = "token",
        Recursive = true,
    };

    private readonly Option<FileInfo?> _tokenFile = new("--token-file")
    {
        Description = "a file with the token",
        HelpName = "file",
        Recursive = true,
    };

    private readonly Option<string> _output = new("--output", "-o")
    {
        Description = "a table for people, or JSON for programs",
        DefaultValueFactory = _ => "table",
        Recursive = true,
    };

    private readonly Option<string> _timeout = new("--timeout")
    {
        Description = "how long an answer may take, as 500ms, 10s, 1min",
        HelpName = "time",
        DefaultValueFactory = _ => "10s",
        Recursive = true,
    };

    public CommonOptions(CtlConsole console)
    {
        _console = console;
        _output.AcceptOnlyFromAmong("table", "json");
    }

    public IEnumerable<Option> All => [_server, _token, _tokenFile, _output, _timeout];

    public bool Json(ParseResult parsed) => parsed.GetValue(_output) == "json";

    /// <summary>The realm of a command that must name one.</summary>
    public string Realm(string? typed) => Names.Realm(typed ?? FromEnvironment("TURNPIKE_REALM") ?? DefaultRealm);

    /// <summary>The realm of a call whose server knows a default.</summary>
    public string RealmOrDefault(string? typed) => typed ?? FromEnvironment("TURNPIKE_REALM") ?? "";

    /// <exception cref="UsageException">One of them is wrong.</exception>
    public Connection Connection(ParseResult parsed)
    {
        string server = parsed.GetValue(_server) ?? FromEnvironment("TURNPIKE_SERVER") ?? DefaultServer;
        if (!Uri.TryCreate(server, UriKind.Absolute, out Uri? address) || address.Scheme is not ("http" or "https") || address.PathAndQuery != "/")
        {
            throw new UsageException($"--server: {server} is no address; allowed: http://host:port or https://host:port");
        }
        if (!Lengths.TryParse(parsed.GetValue(_timeout)!, out TimeSpan timeout) || timeout <= TimeSpan.Zero || timeout > TimeSpan.FromHours(1))
        {
            throw new UsageException($"--timeout: {parsed.GetValue(_timeout)} is no length of time up to an hour; allowed: {Lengths.Allowed}");
        }
        return new Connection(address, Token(parsed), timeout);
    }

    private string Token(ParseResult parsed)
    {
        string? typed = parsed.GetValue(_token);
        FileInfo? file = parsed.GetValue(_tokenFile);
        if (typed is not null && file is not null)
        {
            throw new UsageException("--token, --token-file: one of the two");
        }
        string token = typed ?? (file is null ? FromEnvironment("TURNPIKE_TOKEN") ?? "" : Content(file));
        // What does not fit into a header, without showing it.
        return token.All(character => character is > ' ' and <= '~') ? token : throw new UsageException("the token has characters that no token has");
    }

    private static string Content(FileInfo file)
    {
        try
        {
            return File.ReadAllText(file.FullName).Trim();
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--token-file: {problem.Message.TrimEnd('.')}");
        }
    }

    private string? FromEnvironment(string name) => _console.Environment(name) is { Length: > 0 } value ? value : null;
}
