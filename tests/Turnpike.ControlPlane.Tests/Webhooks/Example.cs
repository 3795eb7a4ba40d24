using System.Diagnostics;
using System.Text.Json;

namespace Turnpike.ControlPlane.Tests.Webhooks;

/// <summary>The example of the README by which a receiver checks a signature, as it stands there, run by Python.</summary>
internal static class Example
{
    private const string Run = """

        import json, sys
        case = json.load(sys.stdin)
        print(verify(case["secret"], case["headers"], case["body"].encode()))
        """;

    public static async Task<bool> VerifiesAsync(string secret, Received received)
    {
        string[] lines = await File.ReadAllLinesAsync(
            Path.Combine(AppContext.BaseDirectory, "control-plane.README.md"), TestContext.Current.CancellationToken);
        string[] example = [.. lines.SkipWhile(line => line != "```python").Skip(1).TakeWhile(line => line != "```")];
        Assert.NotEmpty(example);
        ProcessStartInfo start = new("/usr/bin/python3", ["-c", string.Join('\n', example) + Run])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process python = Process.Start(start)!;
        Dictionary<string, string> headers = new()
        {
            ["webhook-id"] = received.Id,
            ["webhook-timestamp"] = received.Timestamp,
            ["webhook-signature"] = received.Signature,
        };
        await python.StandardInput.WriteAsync(JsonSerializer.Serialize(new { secret, headers, body = received.Body }));
        python.StandardInput.Close();
        string output = await python.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        string error = await python.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await python.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(error.Length == 0, error);
        return output.Trim() == "True";
    }
}
