using Turnpike.Protocol;

namespace Turnpike.LoadTest.Probe;

/// <summary>A call that went through: between which relayed transport addresses, how many packets came back, and how long half of them took at most.</summary>
internal sealed record EchoResult(TransportAddress Caller, TransportAddress Callee, int Echoed, double MedianMilliseconds);
