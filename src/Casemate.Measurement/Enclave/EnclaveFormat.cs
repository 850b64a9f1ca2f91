namespace Casemate.Measurement.Enclave;

/// <summary>Which loader an enclave file is made for.</summary>
public enum EnclaveFormat
{
    /// <summary>None that is known.</summary>
    Unknown = 0,

    /// <summary>Open Enclave: an ELF file with a section <c>.oeinfo</c>. EGo and MarbleRun are such.</summary>
    OpenEnclave,

    /// <summary>Intel SGX SDK: an ELF file with a section <c>.note.sgxmeta</c>. Occlum and the Rust SGX SDK are such.</summary>
    IntelSdk,

    /// <summary>Gramine: a manifest (<c>.manifest.sgx</c>) with a signature file (<c>.sig</c>) beside it.</summary>
    Gramine,

    /// <summary>A signature structure by itself: 1808 bytes.</summary>
    SigStruct,

    /// <summary>Some other file with a signature structure somewhere in it. How it is loaded is unknown.</summary>
    Opaque,
}
