namespace Casemate.Attestation.Dcap;

/// <summary>Which collateral a quote needs. Made from unverified bytes: good for a look-up, for nothing else.</summary>
/// <param name="Tee">SGX or TDX: the two have TCB infos and QE identities of their own.</param>
/// <param name="Fmspc">FMSPC, 6 bytes as 12 lower-case hex digits; empty when the quote carries no PCK certificate.</param>
/// <param name="PlatformCa">True for the PCK Platform CA, false for the Processor CA: names the PCK CRL.</param>
public sealed record DcapCollateralQuery(Tee Tee, string Fmspc, bool PlatformCa)
{
    /// <summary>Reads the query from a quote; null when the bytes are no quote.</summary>
    /// <param name="quote">The quote, any supported version.</param>
    public static DcapCollateralQuery? TryCreate(ReadOnlySpan<byte> quote) => throw new NotImplementedException();
}
