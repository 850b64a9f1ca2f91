using System.Buffers.Binary;
using System.Buffers.Text;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Casemate.Attestation.Azure;
using Casemate.Simulator;

namespace Casemate.Attestation.Tests.Azure;

/// <summary>
/// An Azure confidential VM in software: a virtual TPM with an attestation key, a paravisor that writes HCL reports, on a simulated
/// machine. Every part can be made wrong on its own.
/// </summary>
internal sealed class AzureVm
{
    private static readonly Lazy<RSA> s_key = new(() => RSA.Create(2048));

    public static RSA Key => s_key.Value;

    /// <summary>Bytes that differ from PCR to PCR.</summary>
    public static ImmutableArray<byte[]> Pcrs { get; } = [.. Enumerable.Range(0, 24).Select(i => SHA256.HashData([(byte)i]))];

    public static byte[] Nonce { get; } = Simulated.Bytes(48, 0x70);

    public static byte[] NonceAsReportData { get; } = [.. Nonce, .. new byte[16]];

    public byte[] RuntimeData { get; init; } = RuntimeDataOf(Convert.ToHexString(NonceAsReportData));

    public uint HashType { get; init; } = 1;

    public uint RuntimeVersion { get; init; } = 1;

    public int Version { get; init; } = 2;

    /// <summary>What the hardware binds; null: what it should.</summary>
    public byte[]? ReportData { get; init; }

    public SimulatedGuest Guest { get; init; } = Simulated.Guest;

    public SimulatedTd Td { get; init; } = Simulated.Td;

    public VtpmQuote Quote { get; init; } = QuoteOf(Nonce);

    public static byte[] RuntimeDataOf(string? userData, RSA? key = null, string more = "")
    {
        var parameters = (key ?? Key).ExportParameters(false);
        var (n, e) = (Base64Url.EncodeToString(parameters.Modulus), Base64Url.EncodeToString(parameters.Exponent));
        var user = userData is null ? "" : $$""","user-data":"{{userData}}" """;
        return Encoding.UTF8.GetBytes(
            $$"""
            {"keys":[{"kid":"HCLAkPub","key_ops":["sign"],"kty":"RSA","e":"{{e}}","n":"{{n}}"},{"kid":"HCLEkPub","kty":"RSA"}],
            "vm-configuration":{"console-enabled":false,"secure-boot":true,"tpm-enabled":true,
            "vmUniqueId":"911B0EF8-9DBA-48B0-B275-4E4DF2D39252"}{{user}}{{more}}}
            """);
    }

    public static VtpmQuote QuoteOf(byte[] nonce, uint selection = 0xFFFFFF, ImmutableArray<byte[]>? pcrs = null, RSA? key = null)
    {
        var values = pcrs ?? Pcrs;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var i = 0; i < values.Length; i++)
        {
            if ((selection >> i & 1) != 0)
            {
                hash.AppendData(values[i]);
            }
        }

        var message = Attest(nonce, selection, hash.GetHashAndReset());
        return new VtpmQuote(message, (key ?? Key).SignData(message, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1), values);
    }

    /// <summary>TPMS_ATTEST, big endian.</summary>
    public static byte[] Attest(byte[] nonce, uint selection, byte[] digest)
    {
        byte[] signer = [0x00, 0x0B, .. SHA256.HashData("signer"u8)];
        return
        [
            0xFF, 0x54, 0x43, 0x47, 0x80, 0x18,
            .. Sized(signer), .. Sized(nonce),
            0, 0, 0, 0, 0, 0x21, 0x11, 0x11, 0, 0, 0, 3, 0, 0, 0, 0, 1,
            0x20, 0x20, 0x03, 0x12, 0x00, 0x12, 0x00, 0x03,
            0, 0, 0, 1, 0x00, 0x0B, 3, (byte)selection, (byte)(selection >> 8), (byte)(selection >> 16),
            .. Sized(digest),
        ];
    }

    public byte[] HclReport(byte[] hardwareReport, Tee tee)
    {
        var capabilities = RuntimeVersion >= 2 ? 4 : 0;
        var report = new byte[Math.Max(2600, 0x4D4 + capabilities + RuntimeData.Length)];
        "HCLA"u8.CopyTo(report);
        uint[] header = [1, (uint)(0x4D4 + capabilities + RuntimeData.Length), 2];
        uint[] runtime =
            [(uint)(20 + capabilities + RuntimeData.Length), RuntimeVersion, tee is Tee.Snp ? 2u : 4u, HashType, (uint)RuntimeData.Length];
        Write(report, 4, header);
        hardwareReport.CopyTo(report, 0x20);
        Write(report, 0x4C0, runtime);
        RuntimeData.CopyTo(report, 0x4D4 + capabilities);
        return report;
    }

    public AzureEvidence OnSnp() => new()
    {
        Version = Version,
        HclReport = HclReport(Simulated.Milan.Report(Guest, Bound()), Tee.Snp),
        Quote = Quote,
        Vcek = Simulated.Milan.Endorsements(Simulated.Noon).Vek,
    };

    public AzureEvidence OnTdx() => new()
    {
        Version = Version,
        HclReport = HclReport(new byte[1024], Tee.Tdx),
        Quote = Quote,
        TdQuote = Simulated.Dcap.QuoteTdx(Td, Bound()),
    };

    private static byte[] Sized(byte[] content) => [(byte)(content.Length >> 8), (byte)content.Length, .. content];

    private static void Write(byte[] report, int offset, uint[] words)
    {
        for (var i = 0; i < words.Length; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(report.AsSpan(offset + (4 * i)), words[i]);
        }
    }

    private byte[] Bound()
    {
        if (ReportData is not null)
        {
            return ReportData;
        }

        byte[] hash = HashType switch
        {
            1 => SHA256.HashData(RuntimeData),
            2 => SHA384.HashData(RuntimeData),
            _ => SHA512.HashData(RuntimeData),
        };
        return [.. hash, .. new byte[64 - hash.Length]];
    }
}
