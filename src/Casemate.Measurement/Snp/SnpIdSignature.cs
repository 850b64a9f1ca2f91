namespace Casemate.Measurement.Snp;

/// <summary>What the signatures of an ID block are worth. The first member refuses, so that nothing forgotten is taken for valid.</summary>
public enum SnpIdSignature
{
    /// <summary>The ID key did not sign the ID block.</summary>
    InvalidBlockSignature = 0,

    /// <summary>An author key is named, and did not sign the ID key.</summary>
    InvalidKeySignature,

    /// <summary>The signatures are right.</summary>
    Valid,
}
