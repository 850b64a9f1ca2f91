namespace Casemate.Attestation.Snp;

/// <summary>Reads claims from a verified report.</summary>
/// <param name="signedBytes">A copy of the signed part of the report, which the reader accepted.</param>
/// <param name="product">The product line.</param>
/// <param name="vek">The key that signed.</param>
internal sealed class SnpClaimsSource(byte[] signedBytes, SnpProduct product, Vek vek) : ClaimsSource
{
    public override EvidenceClaims Read() => Claims(SnpReport.OfVerified(signedBytes));

    private SnpClaims Claims(in SnpReport signed) => new(signed.ReportData.ToArray())
    {
        Version = signed.Version,
        Product = product,
        ProductName = vek.Extensions?.ProductName ?? "",
        Cpuid = signed.Version >= 3 ? (signed.CpuidFamily, signed.CpuidModel, signed.CpuidStepping) : null,
        CurrentVersion = Version(signed.CurrentVersion),
        CommittedVersion = Version(signed.CommittedVersion),
        Signer = vek.Kind,
        Measurement = signed.Measurement.ToArray(),
        HostData = signed.HostData.ToArray(),
        GuestSvn = signed.GuestSvn,
        Policy = signed.Policy,
        PlatformInfo = signed.PlatformInfo,
        Vmpl = signed.Vmpl,
        FamilyId = signed.FamilyId.ToArray(),
        ImageId = signed.ImageId.ToArray(),
        ReportId = signed.ReportId.ToArray(),
        ReportIdMa = signed.ReportIdMa.ToArray(),
        IdKeyDigest = signed.IdKeyDigest.ToArray(),
        AuthorKeyDigest = signed.AuthorKeyDigest.ToArray(),
        ChipId = signed.ChipId.ToArray(),
        ReportedTcb = SnpTcb.Decode(signed.ReportedTcb, product),
        CurrentTcb = SnpTcb.Decode(signed.CurrentTcb, product),
        CommittedTcb = SnpTcb.Decode(signed.CommittedTcb, product),
        LaunchTcb = SnpTcb.Decode(signed.LaunchTcb, product),
        Debug = signed.IsDebug,
        LaunchMitigationVector = signed.LaunchMitigationVector,
        CurrentMitigationVector = signed.CurrentMitigationVector,
        CspId = vek.Kind is SnpSigner.Vlek ? vek.Extensions!.CspId : null,
    };

    // In memory order: build, minor, major.
    private static (byte Major, byte Minor, byte Build) Version(ReadOnlySpan<byte> bytes) => (bytes[2], bytes[1], bytes[0]);
}
