using Casemate.Attestation;
using Casemate.Attestation.Dcap;
using Casemate.Attestation.Snp;
using Casemate.Cli.Collateral;
using Casemate.Collateral.Service;
using Casemate.Collateral.Store;

namespace Casemate.Cli.Verify;

/// <summary>A collateral service named with <c>--collateral</c>. What it gives is verified, and kept as long as the command runs.</summary>
internal sealed class ServiceSource : INamedSource
{
    private readonly CollateralUpstreams _upstreams;
    private readonly CollateralService _service;
    private readonly CancellationToken _cancellation;

    private ServiceSource(string name, CollateralUpstreams upstreams, CollateralService service, CancellationToken cancellation) =>
        (Name, _upstreams, _service, _cancellation) = (name, upstreams, service, cancellation);

    public string Name { get; }

    /// <summary>Makes ready to ask a service.</summary>
    /// <exception cref="CliException">The address may not be used (exit code 2).</exception>
    public static ServiceSource Open(
        string url, string? authorities, TrustRoots roots, CasemateInvocation invocation, CancellationToken cancellation)
    {
        var upstreams = new CollateralUpstreams(invocation, authorities) { AuthoritiesFlag = "--collateral-ca" };
        try
        {
            upstreams.AddUrl(url);
        }
        catch
        {
            upstreams.Dispose();
            throw;
        }

        var service = new CollateralService(
            new CollateralServiceOptions(), new MemoryCollateralStore(), upstreams.All, roots, invocation.Time);
        return new ServiceSource(url, upstreams, service, cancellation);
    }

    // Verification is done on threads of its own, and one piece of evidence cannot go on without its collateral.
    public (DcapCollateral? Collateral, CollateralOutcome Outcome) FindDcap(DcapCollateralQuery query) =>
        _service.FindDcapAsync(query, CollateralFetch.WhenMissing, _cancellation).AsTask().GetAwaiter().GetResult();

    public (SnpEndorsements? Endorsements, CollateralOutcome Outcome) FindSnp(SnpEndorsementQuery query) =>
        _service.FindSnpAsync(query, CollateralFetch.WhenMissing, _cancellation).AsTask().GetAwaiter().GetResult();

    public async ValueTask DisposeAsync()
    {
        await _service.DisposeAsync();
        _upstreams.Dispose();
    }
}
