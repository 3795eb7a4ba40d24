using System.Reflection;

namespace Turnpike.Interop.Processes;

/// <summary>Files of the working tree that the tests use in place.</summary>
internal static class Repository
{
    public static readonly string Root = typeof(Repository).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "RepositoryRoot").Value!;

    /// <summary>The edge as <c>make publish</c> leaves it.</summary>
    public static string PublishedEdge => Path.Combine(Root, "artifacts", "publish", "edge", "turnpike-edge");

    /// <summary>The control plane as <c>make publish</c> leaves it.</summary>
    public static string PublishedControlPlane => Path.Combine(Root, "artifacts", "publish", "control-plane", "turnpike-control-plane");

    /// <summary>turnpikectl as <c>make publish</c> leaves it.</summary>
    public static string PublishedCtl => Path.Combine(Root, "artifacts", "publish", "ctl", "turnpikectl");

    /// <summary>The relay in C that the benchmark builds.</summary>
    public static string ReferenceRelay => Path.Combine(Root, "loadtest", "reference", "relay.c");

    /// <summary>buf as <c>make tools</c> leaves it.</summary>
    public static string Buf => Path.Combine(Root, "proto", "checks", "node_modules", ".bin", "buf");

    public static string RevokedCallScript => Path.Combine(Root, "tests", "Turnpike.Interop.Tests", "browser", "revoked.mjs");

    public static string AioiceScript => Path.Combine(Root, "tests", "Turnpike.Interop.Tests", "python", "aioice_call.py");

    public static string BrowserScript => Path.Combine(Root, "tests", "Turnpike.Interop.Tests", "browser", "call.mjs");

    public static string CheckScript => Path.Combine(Root, "tests", "Turnpike.ControlPlane.Interop.Tests", "browser", "check.mjs");

    public static string BoardsScript => Path.Combine(Root, "tests", "Turnpike.ControlPlane.Interop.Tests", "browser", "boards.mjs");
}
