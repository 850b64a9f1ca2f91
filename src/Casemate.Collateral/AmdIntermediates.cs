using Casemate.Attestation;
using Casemate.Attestation.Snp;

namespace Casemate.Collateral;

/// <summary>
/// AMD's intermediate certificates (ASK, and ASVK of Milan), shipped because guests often deliver their VCEK alone. They are a
/// convenience and not trusted: the verifier checks them under the ARK like any other, and only roots are pinned.
/// Source: the cert_chain documents of AMD's Key Distribution Service, AMD 57230.
/// </summary>
internal static class AmdIntermediates
{
    /// <summary>The intermediate that issues such keys, DER; null when none is shipped.</summary>
    public static ReadOnlyMemory<byte>? Find(SnpProduct product, SnpSigner signer)
    {
        var name = (signer is SnpSigner.Vlek ? "asvk-" : "ask-") + product.ToString().ToLowerInvariant() + ".der";
        using var stream = typeof(AmdIntermediates).Assembly.GetManifestResourceStream(name);
        if (stream is null)
        {
            return null;
        }

        var der = new byte[stream.Length];
        stream.ReadExactly(der);
        return der;
    }

    /// <summary>The pinned root of a product line.</summary>
    public static ReadOnlyMemory<byte> Root(SnpProduct product) => TrustRoots.Production.All.Single(root => root.Product == product).Der;
}
