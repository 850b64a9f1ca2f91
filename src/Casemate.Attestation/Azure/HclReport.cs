using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Casemate.Attestation.Azure;

/// <summary>
/// The report of the host compatibility layer (HCL) of an Azure confidential VM, read in place: a hardware report and the runtime data that
/// it vouches for. Parsed, not verified. Integers are little endian. Layout: openhcl_attestation_protocol, IgvmAttestRequestBase.
/// </summary>
/// <remarks>
/// The layer runs at the highest privilege level of the VM, below the guest's kernel, and also is its virtual TPM. The guest reads the
/// report from the TPM's NV index 0x01400001. Nothing signs the report's own headers: only the hardware report is signed, and it covers the
/// hash of the runtime data.
/// </remarks>
public readonly ref struct HclReport
{
    /// <summary>The largest report that is read, in bytes. Real ones are 2600, zeros at the end included.</summary>
    public const int MaxSize = 16 * 1024;

    /// <summary>Size of a TDREPORT, which fills the first part of the space for the hardware report.</summary>
    public const int TdReportSize = 1024;

    private const int HardwareReportOffset = 0x20;
    private const int RuntimeHeaderOffset = HardwareReportOffset + Snp.SnpReport.Size;
    private const int RuntimeHeaderSize = 20;
    private const int RuntimeDataOffset = RuntimeHeaderOffset + RuntimeHeaderSize;

    // Requests to the host carry a word of capabilities before the runtime data, from version 2 of the runtime header on.
    private const int CapabilitiesSize = 4;
    private const uint AttestationKeyRequest = 2;
    private const uint SnpReportType = 2;
    private const uint TdxReportType = 4;

    private readonly ReadOnlySpan<byte> _bytes;
    private readonly int _runtimeDataOffset;

    private HclReport(ReadOnlySpan<byte> bytes, int runtimeDataOffset)
    {
        _bytes = bytes;
        _runtimeDataOffset = runtimeDataOffset;
    }

    /// <summary>Version of the header, 1 or 2.</summary>
    public uint Version => UInt32(_bytes, 4);

    /// <summary>The kind of hardware report inside: SEV-SNP or TDX.</summary>
    public Tee Tee => UInt32(_bytes, RuntimeHeaderOffset + 8) == SnpReportType ? Tee.Snp : Tee.Tdx;

    /// <summary>
    /// The hardware report: a SEV-SNP report (1184 bytes), or a TDREPORT (1024 bytes), which only its own machine could verify.
    /// </summary>
    public ReadOnlySpan<byte> HardwareReport => _bytes.Slice(HardwareReportOffset, Tee is Tee.Snp ? Snp.SnpReport.Size : TdReportSize);

    /// <summary>The hash whose value over <see cref="RuntimeData"/> stands in the hardware report's report data.</summary>
    public HashAlgorithmName HashAlgorithm => HashOf(UInt32(_bytes, RuntimeHeaderOffset + 12))!.Value;

    /// <summary>The runtime data (also called variable data): JSON, see <see cref="HclRuntimeData"/>.</summary>
    public ReadOnlySpan<byte> RuntimeData => _bytes.Slice(_runtimeDataOffset, (int)UInt32(_bytes, RuntimeHeaderOffset + 16));

    /// <summary>Bytes after the runtime data, which belong to the NV index and not to the report.</summary>
    public int TrailingBytes => _bytes.Length - _runtimeDataOffset - RuntimeData.Length;

    /// <summary>The 64 bytes that the hardware report must carry: the hash of the runtime data, then zeros.</summary>
    public byte[] ExpectedReportData()
    {
        var expected = new byte[64];
        CryptographicOperations.HashData(HashAlgorithm, RuntimeData, expected);
        return expected;
    }

    /// <summary>Reads a report.</summary>
    /// <param name="source">The report; bytes after it are tolerated and counted.</param>
    /// <param name="report">The report, or default.</param>
    /// <param name="error">What is wrong and where; null after success.</param>
    public static bool TryRead(ReadOnlySpan<byte> source, out HclReport report, [NotNullWhen(false)] out string? error)
    {
        report = default;
        if (source.Length is < RuntimeDataOffset or > MaxSize)
        {
            error = $"an HCL report of {source.Length} bytes; {RuntimeDataOffset} to {MaxSize} are expected";
            return false;
        }

        if (!source.StartsWith("HCLA"u8))
        {
            error = "the HCL report does not start with 'HCLA'";
            return false;
        }

        var (version, reportSize, requestType) = (UInt32(source, 4), UInt32(source, 8), UInt32(source, 12));
        var runtime = source[RuntimeHeaderOffset..];
        var (dataSize, dataVersion, reportType, hashType, variableSize) =
            (UInt32(runtime, 0), UInt32(runtime, 4), UInt32(runtime, 8), UInt32(runtime, 12), UInt32(runtime, 16));
        var extra = dataSize - RuntimeHeaderSize - variableSize;           // wraps for a lie, and is then none of the two values
        error = version is not (1 or 2) ? $"version {version} at 0x4 is not 1 or 2"
            : requestType != AttestationKeyRequest ? $"request type {requestType} at 0xC is not {AttestationKeyRequest}"
            : source[0x10..HardwareReportOffset].ContainsAnyExcept((byte)0) ? "status or reserved words at 0x10 are not zero"
            : dataVersion is not (1 or 2) ? $"version {dataVersion} of the runtime data at 0x{RuntimeHeaderOffset + 4:X} is not 1 or 2"
            : reportType is not (SnpReportType or TdxReportType)
                ? $"report type {reportType} at 0x{RuntimeHeaderOffset + 8:X} is not {SnpReportType} (SEV-SNP) or {TdxReportType} (TDX)"
            : HashOf(hashType) is null
                ? $"hash type {hashType} at 0x{RuntimeHeaderOffset + 12:X} is not 1, 2 or 3 (SHA-256, SHA-384, SHA-512)"
            : variableSize > MaxSize || !(extra == 0 || (extra == CapabilitiesSize && dataVersion == 2))
                ? $"data size {dataSize} and variable data size {variableSize} at 0x{RuntimeHeaderOffset:X} contradict each other"
            : RuntimeDataOffset + extra + variableSize is var end && end > source.Length
                ? $"the runtime data end at byte {end}, the HCL report at {source.Length}"
            : reportSize != end ? $"report size {reportSize} at 0x8 is not {end}"
            : null;
        if (error is not null)
        {
            return false;
        }

        report = new HclReport(source, RuntimeDataOffset + (int)extra);
        return true;
    }

    private static HashAlgorithmName? HashOf(uint type) => type switch
    {
        1 => HashAlgorithmName.SHA256,
        2 => HashAlgorithmName.SHA384,
        3 => HashAlgorithmName.SHA512,
        _ => null,
    };

    private static uint UInt32(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[offset..]);
}
