using Casemate.Attestation.Snp;

namespace Casemate.Attestation.Bench;

/// <summary>The pinned roots as DER, for the baselines.</summary>
internal static class Roots
{
    public static byte[] IntelSgx => Single(null);

    public static byte[] AmdTurin => Single(SnpProduct.Turin);

    private static byte[] Single(SnpProduct? product) => TrustRoots.Production.All.Single(r => r.Product == product).Der.ToArray();
}
