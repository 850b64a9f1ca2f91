namespace Casemate.Measurement.Verity;

/// <summary>The hash function of a dm-verity tree. Closed: the kernel knows more, and nothing that we read uses them.</summary>
public enum VerityAlgorithm
{
    /// <summary>SHA-256, which every image tool uses: 32 bytes a digest.</summary>
    Sha256 = 0,

    /// <summary>SHA-384: 48 bytes a digest, each in a place of 64 bytes.</summary>
    Sha384,

    /// <summary>SHA-512: 64 bytes a digest.</summary>
    Sha512,
}
