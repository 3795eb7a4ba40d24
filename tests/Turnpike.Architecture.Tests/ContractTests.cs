using System.Diagnostics;

namespace Turnpike.Architecture.Tests;

/// <summary>The public contract keeps its style and breaks nobody; and the check that says so can fail.</summary>
public sealed class ContractTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);
    private static readonly string Protos = Path.Combine(Repository.Root, "proto");

    [Fact]
    public async Task The_contract_passes_its_checks()
    {
        (int exitCode, string output) = await CheckAsync(Protos);
        Assert.True(exitCode == 0, output);
        Assert.Empty(output);
    }

    [Theory]
    [InlineData("a removed field", "  string region = 5;\n", "", "Previously present field \"5\" with name \"region\"")]
    [InlineData("a renumbered field", "string region = 5;", "string region = 15;", "Previously present field \"5\"")]
    [InlineData("another type", "string region = 5;", "bytes region = 5;", "changed type from \"string\" to \"bytes\"")]
    [InlineData("a removed method", "rpc DeleteRevocation(", "rpc LiftRevocation(", "Previously present RPC \"DeleteRevocation\"")]
    [InlineData("a field without a comment", "string request_id = 8;", "string request_id = 8;\n  string other = 9;", "Field \"other\" should have a non-empty comment")]
    [InlineData("another style", "string region = 5;", "string region = 5;\n  // Other.\n  string otherName = 9;", "should be lower_snake_case")]
    [InlineData("another format", "string region = 5;", "string  region=5;", "not formatted")]
    public async Task The_checks_find(string fault, string text, string replacement, string finding)
    {
        DirectoryInfo copy = Directory.CreateTempSubdirectory("turnpike-proto-");
        try
        {
            foreach (string file in Directory.EnumerateFiles(Protos, "*.proto", SearchOption.AllDirectories))
            {
                string target = Path.Combine(copy.FullName, Path.GetRelativePath(Protos, file));
                Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                File.Copy(file, target);
            }
            string spoiled = Path.Combine(copy.FullName, "turnpike", "v1", "credential_service.proto");
            string contract = await File.ReadAllTextAsync(spoiled, TestContext.Current.CancellationToken);
            Assert.Contains(text, contract, StringComparison.Ordinal);
            await File.WriteAllTextAsync(spoiled, contract.Replace(text, replacement, StringComparison.Ordinal), TestContext.Current.CancellationToken);

            (int exitCode, string output) = await CheckAsync(copy.FullName);
            Assert.True(exitCode != 0, $"{fault} was let through");
            Assert.Contains(finding, output, StringComparison.Ordinal);
        }
        finally
        {
            copy.Delete(recursive: true);
        }
    }

    private static async Task<(int ExitCode, string Output)> CheckAsync(string folder)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Limit);
        using Process check = Process.Start(new ProcessStartInfo("bash", [Path.Combine(Protos, "check.sh"), "--protos", folder])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> output = check.StandardOutput.ReadToEndAsync(limit.Token);
        Task<string> error = check.StandardError.ReadToEndAsync(limit.Token);
        await check.WaitForExitAsync(limit.Token);
        return (check.ExitCode, await output + await error);
    }
}
