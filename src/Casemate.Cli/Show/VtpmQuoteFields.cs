using System.Globalization;
using Casemate.Attestation.Azure;

namespace Casemate.Cli.Show;

/// <summary>Takes a vTPM's quote apart. Layout: TPM 2.0 Library, part 2, TPMS_ATTEST; integers are big endian.</summary>
internal static class VtpmQuoteFields
{
    /// <summary>Adds the parts of a quote; returns what could not be read, or nothing.</summary>
    public static string Add(List<ShownSection> sections, VtpmQuote quote)
    {
        var message = quote.Message.ToArray();
        var fields = new FieldList(message, 0, machineIds: true);
        var problem = "";
        var selection = 0u;
        if (TpmQuote.TryRead(message, out var read, out var error))
        {
            selection = read.PcrSelection;
            AddMessage(fields, message.Length, read);
        }
        else
        {
            problem = error;
            fields.Bytes("TPMS_ATTEST", 0, message.Length, "malformed");
        }

        sections.Add(fields.Named("vTPM quote"));
        var signature = new FieldList(quote.Signature.ToArray(), 0, machineIds: true);
        signature.Bytes("SIGNATURE", 0, quote.Signature.Length, "RSASSA-PKCS1-v1_5 with SHA-256, by HCLAkPub");
        sections.Add(signature.Named("vTPM quote: signature"));
        var pcrs = new FieldList([.. quote.Pcrs.SelectMany(value => value)], 0, machineIds: true);
        for (var i = 0; i < quote.Pcrs.Length; i++)
        {
            pcrs.Bytes($"PCR{i}", 32 * i, 32, (selection >> i & 1) != 0 ? "in the quote's digest" : "not quoted");
        }

        sections.Add(pcrs.Named("vTPM quote: PCR values"));
        return problem;
    }

    private static void AddMessage(FieldList fields, int length, in TpmQuote quote)
    {
        fields.Bytes("magic", 0, 4, "made by a TPM");
        fields.Bytes("type", 4, 2, "quote");
        var signer = 6 + 2;
        fields.Bytes("qualifiedSigner", signer, quote.QualifiedSigner.Length);
        var extra = signer + quote.QualifiedSigner.Length + 2;
        fields.Bytes("extraData", extra, quote.ExtraData.Length, "the nonce");
        var clock = extra + quote.ExtraData.Length;
        fields.Bytes("clock", clock, 8, Text(quote.Clock) + " ms");
        fields.Bytes("resetCount", clock + 8, 4, Text(quote.ResetCount));
        fields.Bytes("restartCount", clock + 12, 4, Text(quote.RestartCount));
        fields.Bytes("safe", clock + 16, 1, quote.IsClockSafe ? "yes" : "no");
        fields.Bytes("firmwareVersion", clock + 17, 8);
        var digest = length - quote.PcrDigest.Length;
        fields.Bytes("pcrSelect", clock + 25, digest - 2 - (clock + 25), $"{quote.SelectedPcrs} PCRs of the SHA-256 bank");
        fields.Bytes("pcrDigest", digest, quote.PcrDigest.Length);
    }

    private static string Text(ulong value) => value.ToString(CultureInfo.InvariantCulture);
}
