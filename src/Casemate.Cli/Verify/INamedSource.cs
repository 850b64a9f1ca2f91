using Casemate.Attestation.Dcap;
using Casemate.Attestation.Snp;
using Casemate.Collateral.Service;

namespace Casemate.Cli.Verify;

/// <summary>Collateral that the command line names and that is not a mere file: a bundle or a service. Safe for concurrent use.</summary>
internal interface INamedSource : IAsyncDisposable
{
    /// <summary>What it is, for people.</summary>
    string Name { get; }

    /// <summary>Finds collateral for a quote, or says why there is none.</summary>
    (DcapCollateral? Collateral, CollateralOutcome Outcome) FindDcap(DcapCollateralQuery query);

    /// <summary>Finds the certificates behind a report, perhaps without that of its key; or says why there are none.</summary>
    (SnpEndorsements? Endorsements, CollateralOutcome Outcome) FindSnp(SnpEndorsementQuery query);
}
