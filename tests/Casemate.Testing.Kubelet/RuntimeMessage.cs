namespace Casemate.Testing.Kubelet;

/// <summary>A message of ttrpc.</summary>
/// <param name="Stream">Which call.</param>
/// <param name="Type">1: request, 2: answer.</param>
/// <param name="Flags">Of streams.</param>
/// <param name="Data">The envelope: a protobuf message.</param>
public sealed record RuntimeMessage(uint Stream, byte Type, byte Flags, byte[] Data);
