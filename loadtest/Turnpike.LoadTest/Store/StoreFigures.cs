namespace Turnpike.LoadTest.Store;

/// <summary>All figures of one run.</summary>
/// <param name="RedisVersion">Of the server.</param>
/// <param name="Calls">By kind of call.</param>
/// <param name="Readers">What the answers cost who reads them.</param>
internal sealed record StoreFigures(string RedisVersion, IReadOnlyList<CallFigure> Calls, ReaderFigures Readers);

/// <summary>Calls of one kind.</summary>
/// <param name="What">The kind.</param>
/// <param name="Calls">Calls that were measured.</param>
/// <param name="ItemsEach">Users, rows, events, records or listeners of a call.</param>
/// <param name="ScriptMicroseconds">In the script (<c>INFO commandstats</c>), a call.</param>
/// <param name="CpuMicroseconds">Of the whole server (<c>INFO cpu</c>), a call: reading and answering are in it.</param>
/// <param name="BytesPerItem">Memory that stays in use; null where none should.</param>
internal sealed record CallFigure(string What, long Calls, double ItemsEach, double ScriptMicroseconds, double CpuMicroseconds, double? BytesPerItem);

/// <summary>CPU and memory of who uses the store, in this process.</summary>
/// <param name="RecordMicroseconds">To ask for the list of edges and read it, an edge.</param>
/// <param name="DecisionMicroseconds">To decide how many edges there should be, an edge.</param>
/// <param name="UserBytes">Memory of an edge for a user's lease and usage.</param>
internal sealed record ReaderFigures(double RecordMicroseconds, double DecisionMicroseconds, double UserBytes);
