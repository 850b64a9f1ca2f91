namespace Casemate.Collateral;

/// <summary>Chooses among several generations of the same thing.</summary>
internal static class Validity
{
    /// <summary>The newest whose window holds <paramref name="at"/>; if none does, the newest at all; null when there is none.</summary>
    public static T? Best<T>(IEnumerable<T> candidates, DateTimeOffset at, Func<T, (DateTimeOffset Start, DateTimeOffset End)> window)
        where T : class =>
        candidates
            .OrderByDescending(candidate => window(candidate) is var (start, end) && start <= at && at <= end)
            .ThenByDescending(candidate => window(candidate).Start)
            .FirstOrDefault();

    /// <summary>The best revocation list.</summary>
    public static CrlPiece? Best(IEnumerable<CrlPiece> crls, DateTimeOffset at) =>
        Best(crls, at, crl => (crl.List.ThisUpdate, crl.List.NextUpdate));

    /// <summary>The best signed document.</summary>
    public static DocumentPiece? Best(IEnumerable<DocumentPiece> documents, DateTimeOffset at) =>
        Best(documents, at, document => (document.Issued, document.NextUpdate));

    /// <summary>The best certificate.</summary>
    public static CertificatePiece? Best(IEnumerable<CertificatePiece> certificates, DateTimeOffset at) =>
        Best(certificates, at, piece => (piece.Certificate.NotBefore, piece.Certificate.NotAfter));
}
