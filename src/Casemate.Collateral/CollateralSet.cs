using Casemate.Attestation.Dcap;
using Casemate.Attestation.Pki;
using Casemate.Attestation.Snp;

namespace Casemate.Collateral;

/// <summary>
/// Collateral as it was found in files: certificates, revocation lists and signed documents, of one platform or of many. Gives
/// out what a piece of evidence needs. Everything in it is untrusted; verification judges it. Immutable.
/// </summary>
public sealed class CollateralSet
{
    private readonly CollateralPieces _pieces;

    internal CollateralSet(string name, CollateralPieces pieces)
    {
        Name = name;
        _pieces = pieces;
    }

    /// <summary>A set without content.</summary>
    public static CollateralSet Empty { get; } = new("nothing", new CollateralPieces());

    /// <summary>Where it came from, for messages.</summary>
    public string Name { get; }

    /// <summary>True when nothing was recognised as collateral.</summary>
    public bool IsEmpty => _pieces.IsEmpty;

    /// <summary>Files that were seen but hold no collateral, each with what it seems to be.</summary>
    public IReadOnlyList<string> Ignored => _pieces.Ignored;

    /// <summary>Everything in it, for display: certificates, revocation lists, signed documents, each in the order found.</summary>
    public IReadOnlyList<CollateralItem> Items =>
    [
        .. _pieces.Certificates.Select(Describe), .. _pieces.Crls.Select(Describe), .. _pieces.Documents.Select(Describe),
    ];

    internal CollateralPieces Pieces => _pieces;

    /// <summary>A set with the content of both; where both hold a certificate of the same name, this one's comes first.</summary>
    public CollateralSet With(CollateralSet other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (IsEmpty || other.IsEmpty)
        {
            return IsEmpty ? other : this;
        }

        var pieces = new CollateralPieces();
        pieces.Add(_pieces);
        pieces.Add(other._pieces);
        return new CollateralSet($"{Name}, {other.Name}", pieces);
    }

    /// <summary>Puts together what an SGX or TDX quote needs.</summary>
    /// <param name="query">The quote's platform.</param>
    /// <param name="at">The instant of verification: of several generations, the one in force then is taken.</param>
    /// <param name="exact">
    /// True: only collateral of just this platform. False: a set that holds one platform is taken even if it is another one's, so
    /// that the verdict can show both sides.
    /// </param>
    /// <param name="problem">What is missing; empty on success.</param>
    /// <returns>The collateral, or null.</returns>
    public DcapCollateral? FindDcap(DcapCollateralQuery query, DateTimeOffset at, bool exact, out string problem)
    {
        ArgumentNullException.ThrowIfNull(query);
        return new DcapAssembly(_pieces, query, at, exact).TryAssemble(out problem);
    }

    /// <summary>Puts together what a SEV-SNP report needs.</summary>
    /// <param name="query">The report's chip and TCB.</param>
    /// <param name="at">The instant of verification: of several revocation lists, the one in force then is taken.</param>
    /// <param name="exact">True: only the key of just this chip and TCB. False: the only key of a set is taken in any case.</param>
    /// <param name="problem">What is missing; empty on success.</param>
    /// <returns>The certificates, or null.</returns>
    public SnpEndorsements? FindSnp(SnpEndorsementQuery query, DateTimeOffset at, bool exact, out string problem)
    {
        ArgumentNullException.ThrowIfNull(query);
        return new SnpAssembly(_pieces, query, at, exact).TryAssemble(out problem);
    }

    /// <summary>
    /// Puts together certificate chains that may belong to a GPU: a certificate that names firmware (extension 2.23.133.5.4.1), then those
    /// above it as far as they are known.
    /// </summary>
    /// <param name="at">The instant of verification: of several certificates of one name, the one valid then is taken.</param>
    /// <returns>Chains as PEM, at most 16; empty when there is none. Which one signed a report only its signature tells.</returns>
    public IReadOnlyList<ReadOnlyMemory<byte>> FindGpuChains(DateTimeOffset at) => new GpuChainAssembly(_pieces, at).Assemble();

    /// <summary>
    /// Puts together what stands above a report's key, with an empty <see cref="SnpEndorsements.Vek"/>; null when the report does not
    /// name its product line, or nothing is known of it.
    /// </summary>
    internal SnpEndorsements? FindSnpChain(SnpEndorsementQuery query, DateTimeOffset at) =>
        new SnpAssembly(_pieces, query, at, exact: true).TryAssembleChain();

    private static CollateralItem Describe(CertificatePiece piece)
    {
        var certificate = UnverifiedCertificate.Of(piece.Certificate);
        return new CollateralItem(
            "certificate", certificate.Subject, certificate.NotBefore, certificate.NotAfter, piece.Location, certificate);
    }

    private static CollateralItem Describe(CrlPiece piece) =>
        new("revocation list", $"issued by {piece.IssuerName}", piece.List.ThisUpdate, piece.List.NextUpdate, piece.Location, null);

    private static CollateralItem Describe(DocumentPiece piece) => new(
        piece.Kind is DocumentKind.TcbInfo ? "TCB info" : "QE identity",
        $"{piece.Tee?.ToString().ToUpperInvariant() ?? "another enclave"}{(piece.Fmspc.Length > 0 ? $", FMSPC {piece.Fmspc}" : "")}",
        piece.Issued == default ? null : piece.Issued, piece.NextUpdate == default ? null : piece.NextUpdate, piece.Location, null);
}
