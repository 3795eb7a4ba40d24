using Turnpike.Contracts.V1;
using Turnpike.Ctl.Tests.Kit;

namespace Turnpike.Ctl.Tests;

/// <summary>Where the server and the token come from, and how results look.</summary>
public sealed class SettingTests
{
    [Theory]
    [InlineData("", "", "", null)]
    [InlineData("of-environment", "", "", "Bearer of-environment")]
    [InlineData("of-environment", "of-file", "", "Bearer of-file")]
    [InlineData("of-environment", "", "of-option", "Bearer of-option")]
    public async Task The_nearest_token_counts(string environment, string file, string option, string? sent)
    {
        await using FakeControlPlane server = (await FakeControlPlane.StartAsync()).WithSamples();
        string path = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(path, $"{file}\n", TestContext.Current.CancellationToken);
            CtlRun program = new() { Environment = { ["TURNPIKE_TOKEN"] = environment } };
            string[] arguments = [.. file.Length > 0 ? ["--token-file", path] : Array.Empty<string>(), .. option.Length > 0 ? ["--token", option] : Array.Empty<string>()];
            Assert.Equal(0, await program.RunAsync(server, ["issue", .. arguments]));
            Assert.Equal(sent, Assert.Single(server.Tokens));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public async Task A_token_that_no_header_can_carry_is_refused_and_not_shown()
    {
        CtlRun program = new() { Environment = { ["TURNPIKE_TOKEN"] = "ab\ncd" } };
        Assert.Equal(2, await program.RunAsync(["issue"]));
        Assert.Equal("the token has characters that no token has", program.Problem());
    }

    [Fact]
    public async Task The_server_and_the_realm_come_from_the_environment()
    {
        await using FakeControlPlane server = (await FakeControlPlane.StartAsync()).WithSamples();
        Dictionary<string, string> environment = new() { ["TURNPIKE_SERVER"] = server.Address, ["TURNPIKE_REALM"] = "acme" };
        foreach (string line in (string[])["issue", "users list", "usage"])
        {
            CtlRun program = new();
            foreach ((string name, string value) in environment)
            {
                program.Environment[name] = value;
            }
            Assert.Equal(0, await program.RunAsync(line.Split(' ')));
        }
        Assert.Equal("acme", server.Single<IssueCredentialRequest>().Realm);
        Assert.Equal("realms/acme", server.Single<ListUsersRequest>().Parent);
        Assert.Equal("realms/acme", server.Single<QueryUsageRequest>().Parent);
    }

    [Theory]
    [InlineData(true, "", "xterm", true)]
    [InlineData(true, "1", "xterm", false)]
    [InlineData(true, "", "dumb", false)]
    [InlineData(false, "", "xterm", false)]
    public async Task Colours_are_for_terminals_that_want_them(bool terminal, string noColor, string term, bool colours)
    {
        await using FakeControlPlane server = (await FakeControlPlane.StartAsync()).WithSamples();
        CtlRun program = new() { Terminal = terminal, Environment = { ["NO_COLOR"] = noColor, ["TERM"] = term } };
        Assert.Equal(0, await program.RunAsync(server, "edges", "list"));
        Assert.Equal(colours, program.Out.ToString().Contains("\e[32m", StringComparison.Ordinal));
        Assert.Contains("ready", program.Out.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task JSON_has_no_colours_on_a_terminal_either()
    {
        await using FakeControlPlane server = (await FakeControlPlane.StartAsync()).WithSamples();
        CtlRun program = new() { Terminal = true };
        Assert.Equal(0, await program.RunAsync(server, "edges", "list", "-o", "json"));
        Assert.DoesNotContain('\e', program.Out.ToString());
        Assert.Equal(Samples.Edge, Assert.Single(program.Parse<ListEdgesResponse>().Edges));
    }

    [Fact]
    public async Task Names_cannot_draw_on_the_terminal_and_are_no_markup()
    {
        await using FakeControlPlane server = await FakeControlPlane.StartAsync();
        server.On<ListUsersRequest>(_ => new ListUsersResponse { Users = { new User { Name = "realms/a/users/[red]x\e]0;owned\a" } } });
        CtlRun program = new();
        Assert.Equal(0, await program.RunAsync(server, "users", "list"));
        Assert.Contains("[red]x\uFFFD]0;owned\uFFFD", program.Out.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("@alice")]
    [InlineData("Zoë Ünïcode")]
    [InlineData("a/b")]
    public async Task User_names_are_taken_as_they_are(string user)
    {
        await using FakeControlPlane server = (await FakeControlPlane.StartAsync()).WithSamples();
        CtlRun program = new();
        Assert.Equal(0, await program.RunAsync(server, "users", "delete", user));
        Assert.Equal($"realms/turnpike/users/{user}", server.Single<DeleteUserRequest>().Name);
    }
}
