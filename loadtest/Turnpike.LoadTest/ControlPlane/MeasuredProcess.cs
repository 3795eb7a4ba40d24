using System.Globalization;
using Turnpike.LoadTest.CommandLine;
using Turnpike.LoadTest.Measuring;

namespace Turnpike.LoadTest.ControlPlane;

/// <summary>A process of this machine that is looked at from outside.</summary>
internal sealed class MeasuredProcess(int id)
{
    private const string Resident = "VmRSS:";

    /// <exception cref="UsageException">There is no such process.</exception>
    public static MeasuredProcess Of(int id) =>
        Directory.Exists(string.Create(CultureInfo.InvariantCulture, $"/proc/{id}/task")) ? new(id) : throw new UsageException($"--pid: there is no process {id}");

    public CpuTime Cpu() => CpuTime.Read(id);

    /// <summary>Bytes of physical memory.</summary>
    public long ResidentBytes() =>
        ParseResident(File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{id}/status")).First(line => line.StartsWith(Resident, StringComparison.Ordinal)));

    /// <summary>Reads the kernel's line <c>VmRSS:   123456 kB</c>.</summary>
    public static long ParseResident(string line) =>
        long.Parse(line[Resident.Length..].Replace("kB", "", StringComparison.Ordinal).Trim(), NumberStyles.None, CultureInfo.InvariantCulture) * 1024;
}
