namespace Casemate.Oci.Signatures;

/// <summary>What is read of signatures at most; far above what real ones need.</summary>
internal static class SignatureLimits
{
    /// <summary>A bundle or a trusted root, in bytes: provenance and bills of materials are statements too.</summary>
    public const int MaxDocumentBytes = 16 << 20;

    /// <summary>A payload of a simple signature, in bytes.</summary>
    public const int MaxPayloadBytes = 1 << 20;

    /// <summary>One certificate, in bytes.</summary>
    public const int MaxCertificateBytes = 64 << 10;

    /// <summary>Certificates of one chain.</summary>
    public const int MaxChain = 10;

    /// <summary>One signature, in bytes: RSA with 8,192 bits.</summary>
    public const int MaxSignatureBytes = 1 << 10;

    /// <summary>Log entries of one signature.</summary>
    public const int MaxLogEntries = 16;

    /// <summary>Time stamps of one signature.</summary>
    public const int MaxTimestamps = 16;

    /// <summary>One time stamp, in bytes.</summary>
    public const int MaxTimestampBytes = 64 << 10;

    /// <summary>Hashes of an inclusion proof: the height of a tree with 2⁶³ entries.</summary>
    public const int MaxProofHashes = 64;

    /// <summary>Logs or authorities of one kind in a trusted root.</summary>
    public const int MaxAuthorities = 64;

    /// <summary>Signatures of one image that are looked at.</summary>
    public const int MaxSignatures = 256;
}
