using Casemate.Attestation;
using Casemate.Attestation.Dcap;
using Casemate.Attestation.Snp;
using Casemate.Cli.Collateral;
using Casemate.Cli.Output;
using Casemate.Collateral.Bundle;
using Casemate.Collateral.Service;

namespace Casemate.Cli.Verify;

/// <summary>A bundle named with <c>--collateral</c>.</summary>
internal sealed class BundleSource : INamedSource
{
    private readonly BundleCollateralSource _source;

    private BundleSource(BundleCollateralSource source) => _source = source;

    public string Name => BundleOptions.Describe(_source.Bundle);

    /// <summary>Verifies a bundle's documents and says which are of no use.</summary>
    /// <exception cref="Casemate.Collateral.MalformedInputException">Not one of them verifies.</exception>
    public static BundleSource Open(CollateralBundle bundle, TrustRoots roots, DateTimeOffset at, ConsoleOutput console)
    {
        var source = BundleCollateralSource.Open(bundle, roots, new FixedInstant(at));
        foreach (var refused in source.Refused)
        {
            console.Detail(ErrorText.OneLine($"{bundle.Name}: not used: {refused.Collateral.Key.ToLogText()}: {refused.Problem}"));
        }

        return new BundleSource(source);
    }

    // Nothing here waits for anything but a processor.
    public (DcapCollateral? Collateral, CollateralOutcome Outcome) FindDcap(DcapCollateralQuery query) =>
        _source.FindDcapAsync(query, CancellationToken.None).AsTask().GetAwaiter().GetResult();

    public (SnpEndorsements? Endorsements, CollateralOutcome Outcome) FindSnp(SnpEndorsementQuery query) =>
        _source.FindSnpAsync(query, CancellationToken.None).AsTask().GetAwaiter().GetResult();

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    /// <summary>The instant of the verification, for what wants a clock.</summary>
    private sealed class FixedInstant(DateTimeOffset instant) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => instant;
    }
}
