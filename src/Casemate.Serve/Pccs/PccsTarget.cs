using Casemate.Attestation;
using Casemate.Serve.Http;

namespace Casemate.Serve.Pccs;

/// <summary>What a path asks for. Paths are compared as they are: case counts, and there is one spelling.</summary>
/// <param name="Route">The route.</param>
/// <param name="Version">3 or 4.</param>
/// <param name="Tee">SGX or TDX.</param>
internal readonly record struct PccsTarget(PccsRoute Route, int Version = 4, Tee Tee = Tee.Sgx)
{
    private const string Sgx4 = "/sgx/certification/v4/";
    private const string Sgx3 = "/sgx/certification/v3/";
    private const string Tdx4 = "/tdx/certification/v4/";

    /// <summary>Reads a path, unescaped and without dot segments as the web server hands it on.</summary>
    public static PccsTarget Of(string path)
    {
        if (path.StartsWith(Sgx4, StringComparison.Ordinal))
        {
            return new(path.AsSpan(Sgx4.Length) switch
            {
                "tcbevaluationdatanumbers" => PccsRoute.TcbEvaluationNumbers,
                "fmspcs" => PccsRoute.Fmspcs,
                var name => SgxRoute(name),
            }, 4);
        }

        if (path.StartsWith(Sgx3, StringComparison.Ordinal))
        {
            return new(SgxRoute(path.AsSpan(Sgx3.Length)), 3);
        }

        if (path.StartsWith(Tdx4, StringComparison.Ordinal))
        {
            var route = path.AsSpan(Tdx4.Length) switch
            {
                "tcb" => PccsRoute.Tcb,
                "qe/identity" => PccsRoute.QeIdentity,
                "tcbevaluationdatanumbers" => PccsRoute.TcbEvaluationNumbers,
                _ => PccsRoute.Unknown,
            };
            return new(route, 4, Tee.Tdx);
        }

        return new(path switch
        {
            HealthAnswers.HealthPath => PccsRoute.Health,
            HealthAnswers.ReadyPath => PccsRoute.Ready,
            HealthAnswers.MetricsPath => PccsRoute.Metrics,
            _ when path.StartsWith("/vcek/v1/", StringComparison.Ordinal) || path.StartsWith("/vlek/v1/", StringComparison.Ordinal) =>
                PccsRoute.Kds,
            _ => PccsRoute.Unknown,
        });
    }

    private static PccsRoute SgxRoute(ReadOnlySpan<char> name) => name switch
    {
        "pckcert" => PccsRoute.PckCertificate,
        "pckcrl" => PccsRoute.PckCrl,
        "tcb" => PccsRoute.Tcb,
        "qe/identity" => PccsRoute.QeIdentity,
        "qve/identity" => PccsRoute.QveIdentity,
        "rootcacrl" => PccsRoute.RootCaCrl,
        "crl" => PccsRoute.Crl,
        "platforms" => PccsRoute.Platforms,
        "platformcollateral" => PccsRoute.PlatformCollateral,
        "refresh" => PccsRoute.Refresh,
        "appraisalpolicy" => PccsRoute.AppraisalPolicy,
        _ => PccsRoute.Unknown,
    };
}
