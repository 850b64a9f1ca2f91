namespace Casemate.Simulator;

/// <summary>The measurement of one command in the form of each kind of hardware. Made by <see cref="SimulatedMeasurement"/>.</summary>
/// <param name="MrEnclave">For SGX: MRENCLAVE, 32 bytes.</param>
/// <param name="MrTd">For TDX: MRTD, 48 bytes.</param>
/// <param name="Measurement">For SEV-SNP: MEASUREMENT, 48 bytes.</param>
public sealed record CommandMeasurement(byte[] MrEnclave, byte[] MrTd, byte[] Measurement);
