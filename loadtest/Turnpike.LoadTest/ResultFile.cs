using Turnpike.LoadTest.CommandLine;

namespace Turnpike.LoadTest;

internal static class ResultFile
{
    /// <summary>Writes to the file, to the standard output when it is "-", nowhere when it is null.</summary>
    public static void Write(string? file, string json)
    {
        if (file == "-")
        {
            Console.Out.WriteLine(json);
        }
        else if (file is not null)
        {
            try
            {
                File.WriteAllText(file, json + "\n");
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                throw new UsageException($"--json: {exception.Message}");
            }
        }
    }
}
