using System.ComponentModel.DataAnnotations;
using Turnpike.ServiceDefaults.Settings;

namespace Turnpike.Standalone.Options;

/// <summary>Section <c>Standalone</c>: the store inside this process. Everything else is set as for the edge and the control plane.</summary>
public sealed class StandaloneOptions : ISettingsSection
{
    /// <summary>Default 0: only this process needs to find it.</summary>
    [Setting("Port of the store on 127.0.0.1; 0 is the system's choice")]
    [Range(0, 65_535)]
    public int StorePort { get; init; }

    /// <summary>Default none: a new one at each start, which the screen shows. One that is set is not shown.</summary>
    [Setting("Password of the store", Secret = true, Default = "made at each start", Allowed = "printable ASCII without spaces and commas")]
    public string StorePassword { get; init; } = "";

    /// <summary>Default 256: it takes as much as it holds, and a busy realm's events are some tens of megabytes.</summary>
    [Setting("Data that the store keeps in memory; what is beyond, the oldest first, lies in a temporary folder", Unit = "MiB")]
    [Range(32, 65_536)]
    public int StoreMemory { get; init; } = 256;
}
