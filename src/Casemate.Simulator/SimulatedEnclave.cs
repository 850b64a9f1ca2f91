using System.Security.Cryptography;

namespace Casemate.Simulator;

/// <summary>
/// An SGX enclave that asks for a quote: everything that its report says of it. Defaults are those of a plain production enclave
/// without key separation and sharing (KSS). Source: Intel SGX SDK, <c>sgx_report_body_t</c>.
/// </summary>
public sealed record SimulatedEnclave
{
    /// <summary>MRENCLAVE, 32 bytes; for a command, from <see cref="SimulatedMeasurement"/>.</summary>
    public required byte[] MrEnclave { get; init; }

    /// <summary>MRSIGNER, 32 bytes. Default: SHA-256 of the ASCII text <c>Casemate simulated enclave signer</c>.</summary>
    public byte[] MrSigner { get; init; } = SHA256.HashData("Casemate simulated enclave signer"u8);

    /// <summary>ISVPRODID. Default: 0.</summary>
    public ushort IsvProdId { get; init; }

    /// <summary>ISVSVN. Default: 0.</summary>
    public ushort IsvSvn { get; init; }

    /// <summary>
    /// ATTRIBUTES.FLAGS. Default: 0x05, INIT and MODE64BIT. 0x02 is DEBUG, 0x10 PROVISION_KEY, 0x20 EINITTOKEN_KEY, 0x80 KSS.
    /// </summary>
    public ulong Flags { get; init; } = 0x05;

    /// <summary>ATTRIBUTES.XFRM. Default: 0xE7.</summary>
    public ulong Xfrm { get; init; } = 0xE7;

    /// <summary>MISCSELECT. Default: 0.</summary>
    public uint MiscSelect { get; init; }

    /// <summary>CONFIGID, 64 bytes. Default: zero.</summary>
    public byte[] ConfigId { get; init; } = new byte[64];

    /// <summary>CONFIGSVN. Default: 0.</summary>
    public ushort ConfigSvn { get; init; }

    /// <summary>ISVEXTPRODID, 16 bytes. Default: zero.</summary>
    public byte[] IsvExtProdId { get; init; } = new byte[16];

    /// <summary>ISVFAMILYID, 16 bytes. Default: zero.</summary>
    public byte[] IsvFamilyId { get; init; } = new byte[16];

    /// <summary>CPUSVN, 16 bytes; null: the machine's.</summary>
    public byte[]? CpuSvn { get; init; }
}
