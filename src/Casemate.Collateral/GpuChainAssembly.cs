using System.Text;
using Casemate.Attestation.Pki;

namespace Casemate.Collateral;

/// <summary>Puts together the certificate chains of GPUs from loose pieces. Source: NVIDIA/nvtrust; TCG DICE.</summary>
internal sealed class GpuChainAssembly(CollateralPieces pieces, DateTimeOffset at)
{
    private const int MaxChains = 16;

    // What the verifier reads of one chain.
    private const int MaxCertificates = 8;

    public IReadOnlyList<ReadOnlyMemory<byte>> Assemble() =>
    [
        .. pieces.Certificates
            .Where(c => !c.IsSelfIssued && c.Certificate.TryGetExtension(Oid.DiceFirmwareId, out _))
            .Take(MaxChains).Select(Chain),
    ];

    private ReadOnlyMemory<byte> Chain(CertificatePiece leaf)
    {
        var text = new StringBuilder();
        var next = leaf;
        for (var count = 0; next is not null && count < MaxCertificates; count++)
        {
            text.Append(PemText.Write("CERTIFICATE", next.Der));
            var issuer = next.Certificate.Issuer;
            next = next.IsSelfIssued ? null : Validity.Best(pieces.Certificates.Where(c => c.IsAbout(issuer)), at);
        }

        return Encoding.ASCII.GetBytes(text.ToString());
    }
}
