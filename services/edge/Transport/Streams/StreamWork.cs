namespace Turnpike.Edge.Transport.Streams;

internal enum StreamWorkKind : byte
{
    /// <summary>The connection is about to send frames.</summary>
    Opened,

    /// <summary>Whole frames, one behind another.</summary>
    Frames,

    /// <summary>Nothing came for a while: close it unless it holds an allocation.</summary>
    Quiet,

    /// <summary>No more frames will come.</summary>
    Ended,
}

/// <summary>What a connection hands to its shard.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Connection">Whose.</param>
/// <param name="Buffer">For frames: an array of the shared pool that the shard gives back.</param>
/// <param name="Length">For frames: how much of the array.</param>
internal readonly record struct StreamWork(StreamWorkKind Kind, StreamConnection Connection, byte[]? Buffer = null, int Length = 0);
