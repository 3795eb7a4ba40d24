using Turnpike.LoadTest.CommandLine;

namespace Turnpike.LoadTest;

/// <summary>A folder for a result of several files.</summary>
internal static class ResultFolder
{
    /// <summary>Makes the folder, and finds out before a long run, and not after it, whether files can be written there.</summary>
    /// <param name="folder">Null where there is none to write to.</param>
    /// <param name="option">The option that names it.</param>
    public static void Prepare(string? folder, string option)
    {
        if (folder is null)
        {
            return;
        }

        if (folder.Length == 0)
        {
            throw new UsageException($"--{option} needs the name of a folder");
        }

        try
        {
            Directory.CreateDirectory(folder);
            using (File.Create(Path.Combine(folder, Path.GetRandomFileName()), 1, FileOptions.DeleteOnClose))
            {
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--{option}: {folder} cannot be written: {exception.Message}");
        }
    }

    /// <summary>Writes all files, those too that come after one that cannot be written; what goes wrong goes to the standard error.</summary>
    /// <returns>Whether the folder has them, or there is none.</returns>
    public static bool TryWrite(string? folder, IEnumerable<(string Name, string Text)> files, string option)
    {
        bool areWritten = true;
        foreach ((string name, string text) in folder is null ? [] : files)
        {
            areWritten &= ResultFile.TryWrite(Path.Combine(folder!, name), text, option);
        }

        return areWritten;
    }
}
