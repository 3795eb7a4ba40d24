namespace Turnpike.Ctl.Calls;

/// <summary>Where the control plane is, and who calls it.</summary>
/// <param name="Server">Its gRPC address.</param>
/// <param name="Token">What is sent as bearer token; empty: nothing.</param>
/// <param name="Timeout">How long an answer may take.</param>
public sealed record Connection(Uri Server, string Token, TimeSpan Timeout);
