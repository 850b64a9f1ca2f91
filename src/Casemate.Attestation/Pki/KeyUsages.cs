namespace Casemate.Attestation.Pki;

/// <summary>Bits of the keyUsage extension, first octet. Source: RFC 5280 section 4.2.1.3.</summary>
[Flags]
internal enum KeyUsages
{
    /// <summary>The extension is absent or empty.</summary>
    None = 0,

    /// <summary>digitalSignature.</summary>
    DigitalSignature = 0x80,

    /// <summary>keyCertSign.</summary>
    KeyCertSign = 0x04,

    /// <summary>cRLSign.</summary>
    CrlSign = 0x02,
}
