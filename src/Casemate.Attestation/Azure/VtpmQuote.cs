using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Casemate.Attestation.Azure;

/// <summary>A quote of a virtual TPM and the PCR values that it speaks for, as bytes from an untrusted place.</summary>
/// <param name="Message">What the TPM signed: TPMS_ATTEST, see <see cref="TpmQuote"/>.</param>
/// <param name="Signature">RSASSA-PKCS1-v1_5 with SHA-256 over it, as long as the modulus of the attestation key.</param>
/// <param name="Pcrs">The SHA-256 bank: the value of PCR n at place n, 32 bytes each, at most 24.</param>
public sealed record VtpmQuote(ReadOnlyMemory<byte> Message, ReadOnlyMemory<byte> Signature, ImmutableArray<byte[]> Pcrs)
{
    private const int MaxSignatureSize = 512;
    private const int DigestSize = 32;

    /// <summary>
    /// Reads the member <c>tpm_quote</c> of evidence, which guests also keep on its own: <c>{"signature","message","pcrs"}</c>, all hex.
    /// </summary>
    /// <param name="json">The JSON object, from a parser that forbids duplicate members.</param>
    /// <param name="quote">The quote, or null.</param>
    /// <param name="error">What is wrong, naming the member; null after success.</param>
    public static bool TryRead(JsonElement json, [NotNullWhen(true)] out VtpmQuote? quote, [NotNullWhen(false)] out string? error)
    {
        quote = null;
        if (json.ValueKind is not JsonValueKind.Object)
        {
            error = "'tpm_quote' is missing or not an object";
            return false;
        }

        if (!json.TryGetProperty("message", out var text) || !EvidenceJson.TryGetHex(text, TpmQuote.MaxSize, out var message))
        {
            error = $"'tpm_quote.message' is missing or not hex of at most {TpmQuote.MaxSize} bytes";
            return false;
        }

        if (!json.TryGetProperty("signature", out text) || !EvidenceJson.TryGetHex(text, MaxSignatureSize, out var signature))
        {
            error = $"'tpm_quote.signature' is missing or not hex of at most {MaxSignatureSize} bytes";
            return false;
        }

        error = ReadPcrs(json, out var pcrs);
        quote = error is null ? new VtpmQuote(message, signature, pcrs) : null;
        return error is null;
    }

    private static string? ReadPcrs(JsonElement json, out ImmutableArray<byte[]> pcrs)
    {
        pcrs = [];
        if (!json.TryGetProperty("pcrs", out var list) || list.ValueKind is not JsonValueKind.Array
            || list.GetArrayLength() > TpmQuote.PcrCount)
        {
            return $"'tpm_quote.pcrs' is missing or not an array of at most {TpmQuote.PcrCount} values";
        }

        var values = ImmutableArray.CreateBuilder<byte[]>(list.GetArrayLength());
        foreach (var item in list.EnumerateArray())
        {
            if (!EvidenceJson.TryGetHex(item, DigestSize, out var pcr) || pcr.Length != DigestSize)
            {
                return $"'tpm_quote.pcrs[{values.Count}]' is not hex of {DigestSize} bytes";
            }

            values.Add(pcr);
        }

        pcrs = values.MoveToImmutable();
        return null;
    }
}
