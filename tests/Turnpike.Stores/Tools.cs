using System.Diagnostics;
using System.Net;

namespace Turnpike.Stores;

/// <summary>The programs of Debian's redis packages.</summary>
internal static class Tools
{
    /// <summary>Throws when the program is not on the PATH: a suite that skipped its stores would prove nothing.</summary>
    public static void Require(string program, string package)
    {
        string[] folders = [.. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator), "/usr/sbin", "/sbin"];
        if (!folders.Any(folder => File.Exists(Path.Combine(folder, program))))
        {
            throw new InvalidOperationException($"{program} is not installed; Debian: apt install {package} (make tools installs everything)");
        }
    }

    /// <summary>Runs redis-cli against a server and returns what it printed. An error reply is an <see cref="InvalidOperationException"/>.</summary>
    public static async Task<string> CliAsync(IPEndPoint server, RedisOptions options, IEnumerable<string> arguments)
    {
        Require("redis-cli", "redis-tools");
        List<string> all = ["-e", "-h", server.Address.ToString(), "-p", $"{server.Port}"];
        if (options.Certificates is { } certificates)
        {
            all.AddRange(["--tls", "--cacert", certificates.IssuerFile]);
        }
        (int code, string output) = await RunAsync("redis-cli", [.. all, .. arguments], options.Password);
        return code == 0
            ? output
            : throw new InvalidOperationException($"redis-cli {string.Join(' ', arguments)} at {server} ended with {code}: {output}");
    }

    private static async Task<(int Code, string Output)> RunAsync(string program, IEnumerable<string> arguments, string? password)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        if (password is not null)
        {
            start.Environment["REDISCLI_AUTH"] = password;
        }
        using Process process = Process.Start(start)!;
        using CancellationTokenSource limit = new(Wait.Limit);
        try
        {
            Task<string> error = process.StandardError.ReadToEndAsync(limit.Token);
            string output = await process.StandardOutput.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return (process.ExitCode, (output + await error).Trim());
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw new TimeoutException($"{program} {string.Join(' ', arguments)}: no answer within {Wait.Limit.TotalSeconds:0} s");
        }
    }
}
