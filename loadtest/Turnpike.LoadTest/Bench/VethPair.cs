using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using Turnpike.LoadTest.Measuring;
using Turnpike.LoadTest.Turn;

namespace Turnpike.LoadTest.Bench;

/// <summary>
/// A network namespace for the servers, and a pair of virtual Ethernet interfaces to it with an MTU of 1500: other than on loopback the
/// receiving side's work is the receiver's, in a kernel thread of its own that is pinned to the receiver's CPU and accounted for. Bursts
/// cross as single packets, as over a wire: the sender's kernel cuts them up, and the receiver's GRO finds out what belongs together.
/// </summary>
internal sealed class VethPair : IDisposable
{
    public const string Network = "10.99.77.0/24";

    private const string Namespace = "turnpike-bench";
    private const string Outside = "tpbench0";
    private const string Inside = "tpbench1";
    private const int Port = 3478;
    // Each has two: one that is compared, and a fresh one whose memory is measured.
    private const int MaxServers = 16;

    // Held as long as the pair is there: what another comparison finds under these names it takes for left over.
    private const string LockFile = "/run/lock/turnpike-bench";

    private readonly FileStream _lock;

    private VethPair(FileStream held) => _lock = held;

    /// <summary>What runs a command inside.</summary>
    public static IReadOnlyList<string> Prefix { get; } = ["ip", "netns", "exec", Namespace];

    /// <summary>The kernel thread that receives for the servers.</summary>
    public int ReceivingThread { get; private init; }

    /// <exception cref="TurnRefusedException">It takes root, iproute2, ethtool and util-linux.</exception>
    public static VethPair Create(int serverCpu, int generatorCpu)
    {
        FileStream held = Lock();
        try
        {
            Remove();
            Run("ip", "netns", "add", Namespace);
            Run("ip", "link", "add", Outside, "type", "veth", "peer", "name", Inside, "netns", Namespace);
            Run("ip", "addr", "add", "10.99.77.1/24", "dev", Outside);
            Run("ip", "link", "set", Outside, "up");
            for (int number = 0; number < MaxServers; number++)
            {
                Run([.. Prefix, "ip", "addr", "add", $"{AddressOf(number)}/24", "dev", Inside]);
            }

            Run([.. Prefix, "ip", "link", "set", Inside, "up"]);
            Run([.. Prefix, "ip", "link", "set", "lo", "up"]);
            // Without tso off at the sender, veth hands packets over past the receiver's thread and its GRO.
            Run("ethtool", "-K", Outside, "gro", "on", "tso", "off", "tx-udp-segmentation", "off");
            Run([.. Prefix, "ethtool", "-K", Inside, "gro", "on", "tso", "off", "tx-udp-segmentation", "off"]);
            Run("sh", "-c", $"echo 1 > /sys/class/net/{Outside}/threaded");
            Run([.. Prefix, "sh", "-c", $"echo 1 > /sys/class/net/{Inside}/threaded"]);
            int receiving = ThreadOf(Inside);
            int answering = ThreadOf(Outside);
            CpuAffinity.Pin(receiving, serverCpu);
            CpuAffinity.Pin(answering, generatorCpu);
            foreach (int thread in (int[])[receiving, answering])
            {
                // The softirq that it stands for comes before whatever else has the CPU, or packets are lost that no server saw.
                Run("chrt", "--fifo", "--pid", "1", thread.ToString(CultureInfo.InvariantCulture));
            }

            return new VethPair(held) { ReceivingThread = receiving };
        }
        catch
        {
            RemoveAndUnlock(held);
            throw;
        }
    }

    /// <summary>Where a server listens.</summary>
    public static IPEndPoint EndpointOf(int number) => new(AddressOf(number), Port);

    public void Dispose() => RemoveAndUnlock(_lock);

    private static void RemoveAndUnlock(FileStream held)
    {
        try
        {
            Remove();
        }
        finally
        {
            held.Dispose();
        }
    }

    private static FileStream Lock()
    {
        try
        {
            return new FileStream(LockFile, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new TurnRefusedException($"--veth: another comparison has the interfaces, or this is not root: {exception.Message}");
        }
    }

    private static IPAddress AddressOf(int number) => new([10, 99, 77, (byte)(2 + number)]);

    private static int ThreadOf(string device) =>
        KernelSoftirqThread.Find(name => name.StartsWith($"napi/{device}-", StringComparison.Ordinal))
        ?? throw new TurnRefusedException($"the kernel thread of {device} is not to be seen: --veth takes the machine's own PID namespace");

    /// <summary>
    /// Of a comparison that was killed the servers go on, and keep the interfaces alive whatever becomes of the namespace's name. One
    /// interface takes the other with it.
    /// </summary>
    private static void Remove()
    {
        if (Directory.Exists($"/sys/class/net/{Outside}"))
        {
            Run("ip", "link", "delete", Outside);
        }

        if (File.Exists($"/run/netns/{Namespace}"))
        {
            foreach (string id in Run("ip", "netns", "pids", Namespace).Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                End(int.Parse(id, CultureInfo.InvariantCulture));
            }

            Run("ip", "netns", "delete", Namespace);
        }
    }

    private static void End(int processId)
    {
        try
        {
            using var process = Process.GetProcessById(processId);
            process.Kill();
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException)
        {
            // It has ended meanwhile.
        }
    }

    /// <summary>Runs a command to its end and says what it printed.</summary>
    private static string Run(params string[] command)
    {
        try
        {
            var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardError = true, RedirectStandardOutput = true };
            using Process process = Process.Start(start)!;
            Task<string> output = process.StandardOutput.ReadToEndAsync();
            string error = process.StandardError.ReadToEnd();
            process.WaitForExit();
            if (process.ExitCode != 0)
            {
                throw new TurnRefusedException(string.Create(
                    CultureInfo.InvariantCulture, $"--veth: {string.Join(' ', command)} ended with {process.ExitCode}: {error.TrimEnd()}"));
            }

            return output.GetAwaiter().GetResult();
        }
        catch (Win32Exception exception)
        {
            throw new TurnRefusedException($"--veth: {command[0]} cannot be run: {exception.Message}");
        }
    }
}
