namespace Turnpike.Fuzz;

/// <summary>The committed inputs, copied beside the executable: corpus/&lt;target&gt;/&lt;name&gt;.bin.</summary>
public static class Corpus
{
    /// <summary>The files of a target in the order of their names.</summary>
    public static IReadOnlyList<string> FilesOf(FuzzTarget target)
    {
        ArgumentNullException.ThrowIfNull(target);
        string directory = Path.Combine(AppContext.BaseDirectory, "corpus", target.Name);
        string[] files = Directory.Exists(directory) ? Directory.GetFiles(directory, "*.bin") : [];
        Array.Sort(files, StringComparer.Ordinal);
        return files;
    }
}
