using System.Globalization;

namespace Turnpike.LoadTest.Measuring;

internal static class ResidentMemory
{
    /// <summary>What a process has in memory, what it shares with others included (<c>/proc/PID/statm</c>).</summary>
    public static long BytesOf(int processId)
    {
        string text = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/statm"));
        return long.Parse(text.Split(' ')[1], CultureInfo.InvariantCulture) * Environment.SystemPageSize;
    }
}
