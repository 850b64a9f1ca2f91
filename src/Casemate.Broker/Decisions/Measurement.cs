namespace Casemate.Broker;

/// <summary>One measured identity of a workload.</summary>
/// <param name="Name">The field of the evidence, such as <c>MEASUREMENT</c>, <c>MRTD</c>, <c>RTMR0</c>, <c>MRENCLAVE</c>.</param>
/// <param name="Value">Lower-case hex.</param>
public sealed record Measurement(string Name, string Value);
