using System.Buffers.Binary;
using System.Buffers.Text;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Casemate.Attestation.Azure;
using Casemate.Attestation.Snp;
using Casemate.Simulator;

namespace Casemate.Attestation.Tests.Azure;

/// <summary>
/// An Azure confidential VM in software: a virtual TPM with an attestation key, a paravisor that writes HCL reports, on a simulated
/// machine. Every part can be made wrong on its own.
/// </summary>
public sealed class AzureVm
{
    private static readonly Lazy<RSA> s_key = new(() => RSA.Create(2048));

    /// <summary>The vTPM's attestation key, HCLAkPub.</summary>
    public static RSA Key => s_key.Value;

    /// <summary>Bytes that differ from PCR to PCR.</summary>
    public static ImmutableArray<byte[]> Pcrs { get; } = [.. Enumerable.Range(0, 24).Select(i => SHA256.HashData([(byte)i]))];

    /// <summary>A nonce as the protocol's digest: 48 bytes.</summary>
    public static byte[] Nonce { get; } = Simulated.Bytes(48, 0x70);

    /// <summary>The nonce, filled up to 64 bytes.</summary>
    public static byte[] NonceAsReportData { get; } = [.. Nonce, .. new byte[16]];

    /// <summary>What the paravisor vouches for, JSON.</summary>
    public byte[] RuntimeData { get; init; } = RuntimeDataOf(Convert.ToHexString(NonceAsReportData));

    /// <summary>Hash of the runtime data: 1 SHA-256, 2 SHA-384, 3 SHA-512.</summary>
    public uint HashType { get; init; } = 1;

    /// <summary>Version of the runtime data's header.</summary>
    public uint RuntimeVersion { get; init; } = 1;

    /// <summary>Version of the evidence.</summary>
    public int Version { get; init; } = 2;

    /// <summary>What the hardware binds; null: what it should.</summary>
    public byte[]? ReportData { get; init; }

    /// <summary>The machine below. Default: the one that the library's tests share.</summary>
    public SimulatedPlatform Platform { get; init; } = Simulated.Platform;

    /// <summary>The instant for which the machine's certificates are made.</summary>
    public DateTimeOffset Now { get; init; } = Simulated.Noon;

    /// <summary>The SEV-SNP guest.</summary>
    public SimulatedGuest Guest { get; init; } = Simulated.Guest;

    /// <summary>The TD.</summary>
    public SimulatedTd Td { get; init; } = Simulated.Td;

    /// <summary>The vTPM's quote.</summary>
    public VtpmQuote Quote { get; init; } = QuoteOf(Nonce);

    /// <summary>Runtime data with the given user data and key.</summary>
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

    /// <summary>A quote over a nonce and PCRs.</summary>
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

    /// <summary>The HCL report around a hardware report.</summary>
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

    /// <summary>Evidence on SEV-SNP.</summary>
    public AzureEvidence OnSnp() => new()
    {
        Version = Version,
        HclReport = HclReport(Platform.Snp(SnpProduct.Milan).Report(Guest, Bound()), Tee.Snp),
        Quote = Quote,
        Vcek = Platform.Snp(SnpProduct.Milan).Endorsements(Now).Vek,
    };

    /// <summary>Evidence on TDX.</summary>
    public AzureEvidence OnTdx() => new()
    {
        Version = Version,
        HclReport = HclReport(new byte[1024], Tee.Tdx),
        Quote = Quote,
        TdQuote = Platform.Dcap.QuoteTdx(Td, Bound()),
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
