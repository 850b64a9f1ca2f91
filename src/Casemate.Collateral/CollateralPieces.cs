namespace Casemate.Collateral;

/// <summary>What was recognised while reading, before it is put together. Not thread safe; lives as long as one reading.</summary>
internal sealed class CollateralPieces
{
    public List<CertificatePiece> Certificates { get; } = [];

    public List<CrlPiece> Crls { get; } = [];

    public List<DocumentPiece> Documents { get; } = [];

    /// <summary>
    /// Files that hold no collateral, with what they seem to be: named in errors, so that a reader sees they were noticed.
    /// </summary>
    public List<string> Ignored { get; } = [];

    /// <summary>Those of the certificates that are VCEKs and VLEKs.</summary>
    public List<VekPiece> Veks { get; } = [];

    public bool IsEmpty => Certificates.Count == 0 && Crls.Count == 0 && Documents.Count == 0;

    public void Add(CertificatePiece certificate)
    {
        // The root stands in every chain of a set; one is enough.
        if (!Certificates.Any(known => known.Der.Span.SequenceEqual(certificate.Der.Span)))
        {
            Certificates.Add(certificate);
            if (VekPiece.TryCreate(certificate) is { } vek)
            {
                Veks.Add(vek);
            }
        }
    }

    public void Add(CrlPiece crl) => Crls.Add(crl);

    public void Add(DocumentPiece document) => Documents.Add(document);

    public void Add(CollateralPieces others)
    {
        others.Certificates.ForEach(Add);
        others.Crls.ForEach(Add);
        others.Documents.ForEach(Add);
        Ignored.AddRange(others.Ignored);
    }
}
