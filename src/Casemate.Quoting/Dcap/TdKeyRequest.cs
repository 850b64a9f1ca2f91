namespace Casemate.Quoting.Dcap;

/// <summary>What is to be done about the key before a TD is quoted.</summary>
internal enum TdKeyRequest : byte
{
    /// <summary>Make and certify it if this worker has not done so.</summary>
    IfMissing = 0,

    /// <summary>Load it again: the enclave was lost.</summary>
    Again = 1,

    /// <summary>Make a new one.</summary>
    Anew = 2,
}
