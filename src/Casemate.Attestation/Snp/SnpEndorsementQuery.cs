namespace Casemate.Attestation.Snp;

/// <summary>Which certificates a report needs. Made from unverified bytes: good for a look-up, for nothing else.</summary>
/// <param name="Product">The product line; null when the report does not say (version 2).</param>
/// <param name="Signer">VCEK or VLEK.</param>
/// <param name="ChipId">Hardware id in lower-case hex: 128 digits, 16 for Turin; empty when masked.</param>
/// <param name="ReportedTcb">The eight bytes of REPORTED_TCB as 16 lower-case hex digits, memory order.</param>
public sealed record SnpEndorsementQuery(SnpProduct? Product, SnpSigner Signer, string ChipId, string ReportedTcb)
{
    /// <summary>Reads the query from a report; null when the bytes are no report.</summary>
    /// <param name="report">The report, any supported version.</param>
    public static SnpEndorsementQuery? TryCreate(ReadOnlySpan<byte> report)
    {
        if (SnpReport.TryRead(report, out var parsed) is not SnpReportError.None)
        {
            return null;
        }

        var chipId = parsed.IsChipIdMasked ? []
            : parsed.Product is SnpProduct.Turin ? parsed.ChipId[..8]
            : parsed.ChipId;
        return new SnpEndorsementQuery(
            parsed.Product, parsed.Signer, Convert.ToHexStringLower(chipId), Convert.ToHexStringLower(parsed.ReportedTcb));
    }
}
