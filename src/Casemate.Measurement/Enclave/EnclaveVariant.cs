namespace Casemate.Measurement.Enclave;

/// <summary>One way in which an enclave file can be loaded, with its own signature and measurement. Most files have one.</summary>
/// <param name="Name">Which one: such as <c>metadata 3.0</c>; empty where there is only one.</param>
/// <param name="SigStruct">The signature structure as it stands, 1808 bytes; empty where there is none.</param>
/// <param name="SigStructError">What is wrong with its form.</param>
/// <param name="MrEnclave">The recomputed measurement, 32 bytes; empty where it could not be recomputed.</param>
/// <param name="State">How it compares with the signed one.</param>
/// <param name="Reason">Why it could not be recomputed, or what differs, in one sentence; empty otherwise.</param>
/// <param name="Layout">How it is loaded; null where that is unknown.</param>
/// <param name="Epc">The protected memory that it takes; null where that is unknown.</param>
public sealed record EnclaveVariant(
    string Name, ReadOnlyMemory<byte> SigStruct, SigStructError SigStructError, ReadOnlyMemory<byte> MrEnclave, MrEnclaveState State,
    string Reason, EnclaveLayout? Layout, EnclaveEpc? Epc)
{
    /// <summary>Where the signature structure lies in the file; -1 where there is none in it.</summary>
    public long SigStructOffset { get; init; } = -1;

    /// <summary>The findings about this variant.</summary>
    public IReadOnlyList<EnclaveFinding> Findings { get; init; } = [];

    /// <summary>Settings of the loader, in words, such as heap pages and threads.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Settings { get; init; } = [];
}
