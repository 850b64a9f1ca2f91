using System.Buffers;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text.Json;
using Casemate.Attestation.Snp;

namespace Casemate.Attestation.ConfidentialContainers;

public static partial class KbsEvidence
{
    /// <summary>The most certificates that are read.</summary>
    public const int MaxCertificates = 16;

    /// <summary>The largest certificate that is read, in bytes; a revocation list counts as one.</summary>
    public const int MaxCertificateSize = 64 * 1024;

    /// <summary>Writes SEV-SNP evidence.</summary>
    /// <param name="report">The report, 1184 bytes, version 2 to 5.</param>
    /// <param name="endorsements">Certificates to send along, DER or PEM; null: the verifier has to find them (written as null).</param>
    /// <returns>JSON, UTF-8.</returns>
    /// <exception cref="ArgumentException">
    /// The bytes are no report, or have bits set that this JSON has no member for, so that a reader could not rebuild them; or a
    /// certificate is neither DER nor PEM.
    /// </exception>
    public static byte[] WriteSnp(ReadOnlySpan<byte> report, SnpEndorsements? endorsements)
    {
        var output = new ArrayBufferWriter<byte>(16 * 1024);
        using (var writer = new Utf8JsonWriter(output))
        {
            writer.WriteStartObject();
            writer.WritePropertyName("attestation_report"u8);
            SnpReportJson.Write(writer, report);
            writer.WritePropertyName("cert_chain"u8);
            if (endorsements is null)
            {
                writer.WriteNullValue();
            }
            else
            {
                var signer = ((report[SnpReportJson.KeyInfoOffset] >> 2) & 7) == (int)SnpSigner.Vlek;
                writer.WriteStartArray();
                WriteCertificate(writer, signer ? KbsCertificate.Vlek : KbsCertificate.Vcek, endorsements.Vek);
                WriteCertificate(writer, KbsCertificate.Ask, endorsements.Ask);
                WriteCertificate(writer, KbsCertificate.Ark, endorsements.Ark);
                if (endorsements.Crl is { } crl)
                {
                    WriteCertificate(writer, KbsCertificate.Crl, crl);
                }

                writer.WriteEndArray();
            }

            writer.WriteEndObject();
        }

        // What cannot be rebuilt cannot be verified: better to say so here than to let the relying party find a bad signature.
        using var check = JsonDocument.Parse(output.WrittenMemory);
        if (!TryReadSnp(check.RootElement, out var back, out var error) || !report.SequenceEqual(back.Report))
        {
            throw new ArgumentException($"The report cannot be carried in this JSON: {error ?? "reserved bits are set"}.", nameof(report));
        }

        return output.WrittenSpan.ToArray();
    }

    private static void WriteCertificate(Utf8JsonWriter writer, string type, ReadOnlyMemory<byte> certificate)
    {
        writer.WriteStartObject();
        writer.WriteString("cert_type"u8, type);
        writer.WritePropertyName("data"u8);
        SnpReportJson.WriteBytes(writer, ToDer(certificate.Span));
        writer.WriteEndObject();
    }

    private static ReadOnlySpan<byte> ToDer(ReadOnlySpan<byte> certificate)
    {
        if (certificate.Length > 0 && certificate[0] == 0x30)
        {
            return certificate;
        }

        var text = System.Text.Encoding.ASCII.GetString(certificate);
        return PemEncoding.TryFind(text, out var fields)
            ? Convert.FromBase64String(text[fields.Base64Data])
            : throw new ArgumentException("A certificate is neither DER nor PEM.", nameof(certificate));
    }

    private static bool TryReadCertificates(
        JsonElement evidence, out ImmutableArray<KbsCertificate> certificates, [NotNullWhen(false)] out string? error)
    {
        certificates = [];
        error = null;
        if (!evidence.TryGetProperty("cert_chain", out var chain) || chain.ValueKind is JsonValueKind.Null)
        {
            return true;
        }

        if (chain.ValueKind is not JsonValueKind.Array || chain.GetArrayLength() > MaxCertificates)
        {
            error = $"cert_chain is neither null nor an array of at most {MaxCertificates} entries";
            return false;
        }

        var list = ImmutableArray.CreateBuilder<KbsCertificate>();
        foreach (var entry in chain.EnumerateArray())
        {
            if (TryReadType(entry) is not { } type)
            {
                error = "an entry of cert_chain has no cert_type (ARK, ASK, VCEK, VLEK, CRL or an object with OTHER)";
                return false;
            }

            error = SnpReportJson.ReadBytes(entry, "data", 1, MaxCertificateSize, out var data);
            if (error is not null)
            {
                error = $"cert_chain, entry {type}: {error}";
                return false;
            }

            list.Add(new KbsCertificate(type, data));
        }

        certificates = list.ToImmutable();
        return true;
    }

    private static string? TryReadType(JsonElement entry)
    {
        if (entry.ValueKind is not JsonValueKind.Object || !entry.TryGetProperty("cert_type", out var type))
        {
            return null;
        }

        if (type.ValueKind is JsonValueKind.Object && type.TryGetProperty("OTHER", out var other)
            && other.ValueKind is JsonValueKind.String && Guid.TryParse(other.GetString(), out var guid))
        {
            return guid.ToString("D");
        }

        var name = type.ValueKind is JsonValueKind.String ? type.GetString() : null;
        return name is KbsCertificate.Ark or KbsCertificate.Ask or KbsCertificate.Vcek or KbsCertificate.Vlek or KbsCertificate.Crl
            or "Empty"
            ? name
            : null;
    }
}
