using Turnpike.LoadTest.CommandLine;

namespace Turnpike.LoadTest.Scenarios;

/// <summary>Secrets from the environment: on a command line every user of the machine can read them.</summary>
internal static class SecretVariables
{
    public const string Secret = "TURNPIKE_SECRET";
    public const string Password = "TURNPIKE_PASSWORD";

    /// <summary>Only where the command line has neither a secret nor a password, and no API that issues the credential.</summary>
    public static void Supply(ParsedOptions given, Func<string, string?> environment)
    {
        if (!given.Has("secret") && !given.Has("password") && !given.Has("api"))
        {
            given.Supply("secret", environment(Secret));
            given.Supply("password", environment(Password));
        }
    }
}
