namespace Casemate.Measurement.Enclave;

/// <summary>ATTRIBUTES.FLAGS of an enclave. Source: Intel SDM volume 3D, chapter 38, "ATTRIBUTES".</summary>
[Flags]
public enum EnclaveFlags : ulong
{
    /// <summary>No flag.</summary>
    None = 0,

    /// <summary>Set by EINIT: the enclave is initialised. Never in a signature structure.</summary>
    Init = 1UL << 0,

    /// <summary>A debugger may read and write the enclave's memory.</summary>
    Debug = 1UL << 1,

    /// <summary>The enclave runs in 64-bit mode.</summary>
    Mode64Bit = 1UL << 2,

    /// <summary>The enclave may derive the provisioning key, which tells one machine from another.</summary>
    ProvisionKey = 1UL << 4,

    /// <summary>The enclave may derive the key of launch tokens: for launch enclaves only.</summary>
    EInitTokenKey = 1UL << 5,

    /// <summary>Control-flow enforcement is on.</summary>
    Cet = 1UL << 6,

    /// <summary>Key separation and sharing: family, extended product id and configuration are part of identity and keys.</summary>
    Kss = 1UL << 7,

    /// <summary>The enclave may ask to be told of asynchronous exits.</summary>
    AexNotify = 1UL << 10,
}
