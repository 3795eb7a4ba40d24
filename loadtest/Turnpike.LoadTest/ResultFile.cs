using Turnpike.LoadTest.CommandLine;

namespace Turnpike.LoadTest;

internal static class ResultFile
{
    /// <summary>Writes to the file, to the standard output when it is "-", nowhere when it is null.</summary>
    /// <param name="file">Where to.</param>
    /// <param name="text">What to write.</param>
    /// <param name="option">The option that names the file, for the message when it cannot be written.</param>
    public static void Write(string? file, string text, string option = "json")
    {
        if (file == "-")
        {
            Console.Out.WriteLine(text);
        }
        else if (file is not null)
        {
            try
            {
                File.WriteAllText(file, text.TrimEnd('\n') + "\n");
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                throw new UsageException($"--{option}: {exception.Message}");
            }
        }
    }
}
