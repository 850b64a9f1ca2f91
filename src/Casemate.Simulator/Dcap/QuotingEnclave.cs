using System.Security.Cryptography;

namespace Casemate.Simulator.Dcap;

/// <summary>
/// The quoting enclave's report, as far as it can vary. Defaults have the values of Intel's enclaves but for the measurement and the
/// signer, which are the simulator's own: SHA-256 of the ASCII texts <c>Casemate simulated quoting enclave</c> and
/// <c>Casemate simulated quoting enclave signer</c>.
/// </summary>
public sealed record QuotingEnclave
{
    /// <summary>The enclave that signs SGX quotes: product 1, ISVSVN 8.</summary>
    public static QuotingEnclave Sgx { get; } = new() { IsvProdId = 1, IsvSvn = 8 };

    /// <summary>The enclave that signs TDX quotes: product 2, ISVSVN 6.</summary>
    public static QuotingEnclave Tdx { get; } = new() { IsvProdId = 2, IsvSvn = 6 };

    /// <summary>MRENCLAVE, 32 bytes.</summary>
    public byte[] MrEnclave { get; init; } = SHA256.HashData("Casemate simulated quoting enclave"u8);

    /// <summary>MRSIGNER, 32 bytes.</summary>
    public byte[] MrSigner { get; init; } = SHA256.HashData("Casemate simulated quoting enclave signer"u8);

    /// <summary>ISVPRODID.</summary>
    public required ushort IsvProdId { get; init; }

    /// <summary>ISVSVN: what the TCB levels of the QE identity are compared with.</summary>
    public required ushort IsvSvn { get; init; }

    /// <summary>ATTRIBUTES.FLAGS. Default: INIT, MODE64BIT and PROVISION_KEY.</summary>
    public ulong Flags { get; init; } = 0x15;

    /// <summary>ATTRIBUTES.XFRM. Default: 0xE7.</summary>
    public ulong Xfrm { get; init; } = 0xE7;

    /// <summary>MISCSELECT. Default: 0.</summary>
    public uint MiscSelect { get; init; }

    /// <summary>
    /// REPORTDATA, 64 bytes; null: SHA-256 of attestation key and QE authentication data, then zero, which binds the key.
    /// </summary>
    public byte[]? ReportData { get; init; }

    /// <summary>QE authentication data, at most 1024 bytes. Default: 00 01 … 1f, as Intel's enclaves have it.</summary>
    public byte[] AuthenticationData { get; init; } = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];
}
