namespace Turnpike.LoadTest;

internal static class ExitCode
{
    public const int Success = 0;

    /// <summary>The server refused or did not answer, nothing arrived, or more was lost than tolerated.</summary>
    public const int Failure = 1;

    /// <summary>The command line is wrong.</summary>
    public const int Usage = 2;
}
