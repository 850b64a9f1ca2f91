using Casemate.Attestation.Snp;
using Casemate.Collateral.Store;
using Casemate.Primitives.Files;

namespace Casemate.Collateral.Bundle;

/// <summary>
/// The offline store of Trustee's verifier: <c>vcek/CHIP/vcek.der</c>, also with a prefix before <c>vcek.der</c> where a chip has keys
/// for several TCBs. Source: Trustee, guide to the VCEK store.
/// </summary>
public static class TrusteeVcekStore
{
    private const string Folder = "vcek";
    private const string Ending = "vcek.der";
    private const int MaximumFiles = 50_000;

    /// <summary>Whether a directory looks like such a store.</summary>
    /// <param name="directory">The directory that holds <c>vcek</c>.</param>
    public static bool IsStore(string directory) => Directory.Exists(Path.Combine(directory, Folder));

    /// <summary>Writes the VCEKs of a collection: of each chip the one for its highest TCB, because there is room for one.</summary>
    /// <param name="directory">The directory that holds <c>vcek</c>; made if need be.</param>
    /// <param name="pieces">Any collateral; what is no VCEK is passed over.</param>
    /// <returns>How many were written.</returns>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public static int Write(string directory, IEnumerable<StoredCollateral> pieces)
    {
        const UnixFileMode readable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
        var newest = pieces.Where(piece => piece.Key.Kind is CollateralKind.Vcek)
            .GroupBy(piece => piece.Key.ChipId)
            .Select(chip => chip.MaxBy(piece => (
                piece.Key.Tcb.Fmc ?? 0, piece.Key.Tcb.BootLoader, piece.Key.Tcb.Tee, piece.Key.Tcb.Snp, piece.Key.Tcb.Microcode))!)
            .ToList();
        foreach (var piece in newest)
        {
            var folder = Path.Combine(directory, Folder, piece.Key.ChipId);
            Directory.CreateDirectory(folder);
            AtomicFile.Write(Path.Combine(folder, Ending), piece.Raw.Span, readable);
        }

        return newest.Count;
    }

    /// <summary>Reads the VCEKs, not verified. Line, chip and TCB are taken from the certificates; a directory's name must agree.</summary>
    /// <param name="directory">The directory that holds <c>vcek</c>.</param>
    /// <param name="now">The instant to note as that of receipt.</param>
    /// <exception cref="MalformedInputException">A file is unreadable, or no VCEK of the chip that its directory names.</exception>
    public static IReadOnlyList<StoredCollateral> Read(string directory, DateTimeOffset now)
    {
        var found = new List<StoredCollateral>();
        foreach (var path in FilesOf(directory))
        {
            var pieces = new CollateralPieces();
            if (!FileSorter.TrySort(BoundedFile.Read(path, CollateralLimits.CertificatesBytes), path, pieces, out _)
                || pieces.Veks is not [{ Signer: SnpSigner.Vcek, Product: { } product } vek]
                || vek.ChipId.Length != CollateralKey.ChipIdDigits(product))
            {
                throw new MalformedInputException(path, "does not hold just one VCEK");
            }

            if (!vek.ChipId.Equals(Path.GetFileName(Path.GetDirectoryName(path)), StringComparison.OrdinalIgnoreCase))
            {
                throw new MalformedInputException(path, "is the VCEK of another chip than its directory says");
            }

            var key = CollateralKey.Vcek(product, vek.ChipId, SnpTcb.Decode(Convert.FromHexString(vek.Tcb), product));
            found.Add(new StoredCollateral(key, vek.Piece.Der, default, now, "a Trustee store", null, null));
        }

        return found;
    }

    private static List<string> FilesOf(string directory)
    {
        try
        {
            var found = Directory.EnumerateDirectories(Path.Combine(directory, Folder))
                .SelectMany(chip => Directory.EnumerateFiles(chip, "*" + Ending))
                .Take(MaximumFiles + 1).Order(StringComparer.Ordinal).ToList();
            return found.Count <= MaximumFiles
                ? found
                : throw new MalformedInputException(directory, $"holds more than {MaximumFiles:N0} VCEKs");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new MalformedInputException(directory, $"cannot be listed: {exception.Message}", cause: exception);
        }
    }
}
