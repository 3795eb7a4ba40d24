using Turnpike.LoadTest.CommandLine;

namespace Turnpike.LoadTest;

internal static class ResultFile
{
    /// <summary>Finds out before a long run, and not after it, that the file cannot be written. What it has in it stays.</summary>
    public static void Check(string? file, string option)
    {
        if (file is null or "-")
        {
            return;
        }

        if (file.Length == 0)
        {
            throw new UsageException($"--{option} needs the name of a file");
        }

        string? folder = Path.GetDirectoryName(Path.GetFullPath(file));
        if (Directory.Exists(file) || !Directory.Exists(folder))
        {
            throw new UsageException($"--{option}: {file} cannot be written: {(Directory.Exists(file) ? "it is a folder" : $"there is no folder {folder}")}");
        }

        bool isNew = !File.Exists(file);
        try
        {
            using (File.Open(file, FileMode.Append, FileAccess.Write, FileShare.ReadWrite))
            {
            }

            if (isNew)
            {
                File.Delete(file);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--{option}: {file} cannot be written: {exception.Message}");
        }
    }

    /// <summary>
    /// Writes to the file, to the standard output when it is "-", nowhere when it is null. What goes wrong goes to the standard error: a disk that is full when
    /// a long run ends takes neither the verdict nor another file away.
    /// </summary>
    /// <param name="file">Where to.</param>
    /// <param name="text">What to write.</param>
    /// <param name="option">The option that names the file, for the message when it cannot be written.</param>
    /// <returns>Whether the file has it, or there is none to write.</returns>
    public static bool TryWrite(string? file, string text, string option)
    {
        try
        {
            if (file == "-")
            {
                Console.Out.WriteLine(text);
            }
            else if (file is not null)
            {
                File.WriteAllText(file, text.TrimEnd('\n') + "\n");
            }

            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"turnpike-loadtest: --{option}: {exception.Message}");
            return false;
        }
    }
}
