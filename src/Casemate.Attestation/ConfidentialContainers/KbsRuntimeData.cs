using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;
using Casemate.Primitives.Json;

namespace Casemate.Attestation.ConfidentialContainers;

/// <summary>
/// What a guest binds into its evidence in the key broker protocol: the broker's nonce, the guest's public key and the evidence of
/// further devices, hashed in canonical form. Source: Confidential Containers, kbs_attestation_protocol, version 0.4.0.
/// </summary>
public static class KbsRuntimeData
{
    /// <summary>The size of the digest, SHA-384.</summary>
    public const int DigestSize = 48;

    /// <summary>The size of the report data of SGX, TDX and SEV-SNP evidence.</summary>
    public const int ReportDataSize = 64;

    /// <summary>The digest that the primary evidence binds.</summary>
    /// <param name="nonce">The nonce as the broker sent it, base64 text.</param>
    /// <param name="teePublicKey">
    /// The guest's key, the JSON object as sent: a member that the reader does not know is part of the hash.
    /// </param>
    /// <param name="additionalEvidence">The text of <c>additional_evidence</c> exactly as sent; empty for none.</param>
    /// <returns>48 bytes.</returns>
    /// <exception cref="CanonicalJsonException">The key has no canonical form.</exception>
    public static byte[] Digest(string nonce, JsonElement teePublicKey, string additionalEvidence)
    {
        var json = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            writer.WriteString("additional-evidence"u8, additionalEvidence);
            writer.WriteString("nonce"u8, nonce);
            writer.WritePropertyName("tee-pubkey"u8);
            writer.WriteRawValue(CanonicalJson.Write(teePublicKey));
            writer.WriteEndObject();
        }

        return SHA384.HashData(CanonicalJson.Write(json.WrittenMemory));
    }

    /// <summary>The report data of a digest: left-aligned, then zeros.</summary>
    /// <param name="digest">At most 64 bytes.</param>
    /// <returns>64 bytes.</returns>
    public static byte[] ToReportData(ReadOnlySpan<byte> digest)
    {
        var reportData = new byte[ReportDataSize];
        digest.CopyTo(reportData);
        return reportData;
    }
}
