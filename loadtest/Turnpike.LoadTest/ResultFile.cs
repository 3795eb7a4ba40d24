using Turnpike.LoadTest.CommandLine;

namespace Turnpike.LoadTest;

internal static class ResultFile
{
    /// <summary>Finds out before a long run, and not after it, that there is no such folder.</summary>
    public static void Check(string? file, string option)
    {
        if (file is null or "-")
        {
            return;
        }

        string? folder = Path.GetDirectoryName(Path.GetFullPath(file));
        if (Directory.Exists(file) || !Directory.Exists(folder))
        {
            throw new UsageException($"--{option}: {file} cannot be written: {(Directory.Exists(file) ? "it is a folder" : $"there is no folder {folder}")}");
        }
    }

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
