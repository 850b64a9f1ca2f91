namespace Casemate.Measurement.Enclave;

/// <summary>What an inspection may find in an enclave. Closed: a new finding is a new member, and its name is public API.</summary>
public enum EnclaveFindingId
{
    /// <summary>Nobody signed the enclave.</summary>
    NotSigned = 0,

    /// <summary>The signature structure is damaged: EINIT refuses it.</summary>
    MalformedSigStruct,

    /// <summary>The signature does not verify.</summary>
    InvalidSignature,

    /// <summary>The enclave measures something else than what was signed.</summary>
    MrEnclaveMismatch,

    /// <summary>The measurement could not be recomputed.</summary>
    NotRecomputable,

    /// <summary>The enclave's own description contradicts what was signed.</summary>
    ContradictsSignature,

    /// <summary>The enclave runs in debug mode, or whoever loads it may choose so.</summary>
    DebugAllowed,

    /// <summary>The mask leaves flags to whoever loads the enclave.</summary>
    FlagsNotMasked,

    /// <summary>The mask leaves parts of MISCSELECT to whoever loads the enclave.</summary>
    MiscSelectNotMasked,

    /// <summary>The enclave may derive the provisioning key.</summary>
    ProvisionKey,

    /// <summary>The enclave may derive the launch key.</summary>
    LaunchKey,

    /// <summary>The security version is 0.</summary>
    SecurityVersionZero,

    /// <summary>The product id is 0.</summary>
    ProductIdZero,

    /// <summary>The signer's private key is published with a development kit: anybody can sign so.</summary>
    SampleSigner,

    /// <summary>The date of signing is no day of the calendar.</summary>
    DateMalformed,

    /// <summary>The date of signing lies in the future.</summary>
    DateInFuture,

    /// <summary>The vendor field is neither 0 nor Intel's.</summary>
    UnknownVendor,

    /// <summary>SWDEFINED is not zero, as it is for launch enclaves alone.</summary>
    SoftwareDefinedSet,

    /// <summary>Family or extended product id are set without KSS, which alone makes them count.</summary>
    IdentityWithoutKss,

    /// <summary>The enclave uses key separation and sharing: only some processors start it.</summary>
    Kss,

    /// <summary>Bits of the attributes that have no known meaning are set.</summary>
    UnknownAttributes,

    /// <summary>64-bit mode is not set: no current loader starts such an enclave.</summary>
    Not64Bit,

    /// <summary>A segment is writable and executable.</summary>
    WritableCode,

    /// <summary>The code has relocations in pages that are not writable (DT_TEXTREL), which are made writable.</summary>
    TextRelocations,

    /// <summary>The enclave asks for shared libraries (DT_NEEDED), which no enclave loader provides.</summary>
    NeedsLibraries,

    /// <summary>The enclave fills more protected memory than the limit that was given.</summary>
    EpcAboveLimit,

    /// <summary>The manifest lets the host choose arguments, environment or files without protection.</summary>
    InsecureManifest,
}
