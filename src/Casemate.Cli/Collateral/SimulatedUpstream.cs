using System.Text;
using Casemate.Attestation.Snp;
using Casemate.Cli.Commands;
using Casemate.Cli.Run;
using Casemate.Collateral.Store;
using Casemate.Collateral.Upstream;
using Casemate.Quoting.Simulated;
using Casemate.Simulator;

namespace Casemate.Cli.Collateral;

/// <summary>The simulator's own provisioning service and key server, without a network in between.</summary>
internal sealed class SimulatedUpstream(SimulatedPlatform platform, TimeProvider time) : ICollateralUpstream
{
    public string Name => "the simulator";

    public string Host => "simulator";

    /// <summary>The provisioning service of the simulated platform that <c>run</c> and <c>up</c> use.</summary>
    /// <exception cref="CliException">The platform cannot be opened.</exception>
    public static async Task<ICollateralUpstream> OpenAsync(
        CommandContext context, string? directory, CancellationToken cancellationToken) =>
        new SimulatedUpstream(await OpenPlatformAsync(context, directory, cancellationToken), context.Invocation.Time);

    /// <summary>Opens the simulated platform that <c>run</c> and <c>up</c> use.</summary>
    /// <exception cref="CliException">It cannot be opened.</exception>
    public static async Task<SimulatedPlatform> OpenPlatformAsync(
        CommandContext context, string? directory, CancellationToken cancellationToken)
    {
        var path = SimulatorOptions.DirectoryOf(directory, context.Invocation.Environment);
        try
        {
            return (await SimulatedInstallation.OpenAsync(path, [], context.Invocation.Time, cancellationToken)).Platform;
        }
        catch (SimulatedInstallationException exception)
        {
            throw CliException.BadInput(exception.Message, exception.Remedy, exception);
        }
    }

    public bool Offers(CollateralKey key) => key.Kind is not (CollateralKind.PckCertificate or CollateralKind.Vlek);

    public ValueTask<UpstreamAnswer> FetchAsync(CollateralRequest request, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var (raw, chain) = Find(request.Key, now);
        return ValueTask.FromResult(raw is null
            ? new UpstreamAnswer(UpstreamStatus.NotFound, Problem: "the simulator is another machine")
            : new UpstreamAnswer(
                UpstreamStatus.Found,
                new StoredCollateral(request.Key, raw, Encoding.ASCII.GetBytes(chain), now, "simulator", null, null)));
    }

    public void Dispose()
    {
    }

    private (byte[]? Raw, string Chain) Find(CollateralKey key, DateTimeOffset now)
    {
        var intel = platform.Dcap.Provisioning;
        var known = !key.Update.IsEarly && key.Update.EvaluationDataNumber == 0;
        return key.Kind switch
        {
            CollateralKind.TcbInfo when known && Same(key.Fmspc, intel.Fmspc) =>
                Of(intel.TcbInfo(key.Tee, now, early: false, key.ApiVersion)),
            CollateralKind.TcbInfo when key.Update.IsEarly && Same(key.Fmspc, intel.Fmspc) =>
                Of(intel.TcbInfo(key.Tee, now, early: true, key.ApiVersion)),
            CollateralKind.QeIdentity when known || key.Update.IsEarly => Of(intel.QeIdentity(key.Tee, now, key.Update.IsEarly)),
            CollateralKind.QveIdentity when known || key.Update.IsEarly => Of(intel.QveIdentity(now, key.Update.IsEarly)),
            CollateralKind.PckCrl => Of(intel.PckCrl(key.PlatformCa, now)),
            CollateralKind.TcbEvaluationNumbers => Of(intel.TcbEvaluationNumbers(key.Tee, now)),
            CollateralKind.Fmspcs => Of(intel.Fmspcs()),
            CollateralKind.RootCaCrl => Of(intel.RootCaCrl(now)),
            CollateralKind.PckCertificates when Same(key.QeId, intel.QeId) && Same(key.PceId, intel.PceId) => Of(intel.PckCertificates()),
            CollateralKind.Vcek => (Amd(key).Vcek(key.ChipId, key.Tcb, now), Amd(key).ChainPem(SnpSigner.Vcek, now)),
            CollateralKind.SnpChain => (Encoding.ASCII.GetBytes(Amd(key).ChainPem(key.Signer, now)), ""),
            CollateralKind.SnpCrl => (Amd(key).Crl(key.Signer, now), ""),
            _ => (null, ""),
        };
    }

    private SimulatedKeyDistribution Amd(CollateralKey key) => platform.Snp(key.Product).KeyDistribution;

    private static (byte[]? Raw, string Chain) Of(SimulatedDocument document) => (document.Body, document.IssuerChainPem);

    private static bool Same(string left, string right) => left.Equals(right, StringComparison.OrdinalIgnoreCase);
}
