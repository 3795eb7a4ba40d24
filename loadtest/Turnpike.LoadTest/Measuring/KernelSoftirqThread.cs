using System.Globalization;

namespace Turnpike.LoadTest.Measuring;

/// <summary>
/// Finds <c>ksoftirqd/N</c>, to which the kernel hands network work when a core is busy with it: work for the server that no
/// thread of the server pays for.
/// </summary>
internal static class KernelSoftirqThread
{
    /// <summary>The process id, or null where the kernel's threads are not visible (a container's own PID namespace).</summary>
    public static int? Find(int cpu)
    {
        string wanted = string.Create(CultureInfo.InvariantCulture, $"ksoftirqd/{cpu}");
        return Find(name => name == wanted);
    }

    /// <summary>The process id of the first thread whose name will do, or null.</summary>
    public static int? Find(Predicate<string> isWanted)
    {
        foreach (string folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out int id)
                && NameOf(folder) is { } name && isWanted(name))
            {
                return id;
            }
        }

        return null;
    }

    private static string? NameOf(string processFolder)
    {
        try
        {
            return File.ReadAllText(Path.Combine(processFolder, "comm")).TrimEnd();
        }
        catch (IOException)
        {
            return null; // the process ended meanwhile
        }
    }
}
