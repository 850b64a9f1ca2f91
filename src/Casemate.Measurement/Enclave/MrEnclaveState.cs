namespace Casemate.Measurement.Enclave;

/// <summary>What comparing the signed MRENCLAVE with the recomputed one found.</summary>
public enum MrEnclaveState
{
    /// <summary>They differ: what would run is not what was signed.</summary>
    Differs = 0,

    /// <summary>They are the same.</summary>
    Matches,

    /// <summary>There is no signed one to compare with.</summary>
    NotSigned,

    /// <summary>It could not be recomputed.</summary>
    NotRecomputable,
}
