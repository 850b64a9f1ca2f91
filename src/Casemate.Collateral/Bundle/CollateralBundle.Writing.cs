using System.Security.Cryptography;
using System.Text;
using Casemate.Collateral.Store;

namespace Casemate.Collateral.Bundle;

/// <content>Writing.</content>
public sealed partial class CollateralBundle
{
    // A name is no longer than a header of the archive allows; what is longer (ids of machines) becomes its hash.
    private const int LongestKey = 88;

    /// <summary>
    /// Makes a bundle. The same pieces, instant and key give the same archive, but for the signature, which ECDSA makes anew every time.
    /// </summary>
    /// <param name="entries">The pieces, verified by the caller; no key twice.</param>
    /// <param name="created">The instant to write into it.</param>
    /// <param name="key">Signs it.</param>
    /// <param name="allowMissingRevocationLists">
    /// True to make it although a revocation list is missing that its pieces need: whoever uses it then cannot know what was revoked.
    /// </param>
    /// <exception cref="ArgumentException">There are no pieces, too many, or two with one key.</exception>
    /// <exception cref="IncompleteBundleException">A revocation list is missing.</exception>
    public static byte[] Write(
        IEnumerable<StoredCollateral> entries, DateTimeOffset created, BundleSigningKey key, bool allowMissingRevocationLists = false)
    {
        ArgumentNullException.ThrowIfNull(key);
        return WriteWith(entries, created, key, allowMissingRevocationLists);
    }

    /// <summary>Makes a bundle that nobody signed: who uses it must trust the way that it came.</summary>
    /// <param name="entries">The pieces, verified by the caller; no key twice.</param>
    /// <param name="created">The instant to write into it.</param>
    /// <param name="allowMissingRevocationLists">As for <see cref="Write"/>.</param>
    /// <exception cref="ArgumentException">As for <see cref="Write"/>.</exception>
    /// <exception cref="IncompleteBundleException">A revocation list is missing.</exception>
    public static byte[] WriteUnsigned(
        IEnumerable<StoredCollateral> entries, DateTimeOffset created, bool allowMissingRevocationLists = false) =>
        WriteWith(entries, created, key: null, allowMissingRevocationLists);

    private static byte[] WriteWith(
        IEnumerable<StoredCollateral> entries, DateTimeOffset created, BundleSigningKey? key, bool allowMissingRevocationLists)
    {
        ArgumentNullException.ThrowIfNull(entries);
        var pieces = entries.OrderBy(piece => piece.Key.ToString(), StringComparer.Ordinal).ToList();
        if (pieces.Count is 0 or > MaximumEntries || pieces.DistinctBy(piece => piece.Key).Count() != pieces.Count)
        {
            throw new ArgumentException($"A bundle holds 1 to {MaximumEntries} pieces, each of its own key.", nameof(entries));
        }

        var missing = CollateralAudit.FindGaps(pieces.Select(piece => piece.Key)).Where(gap => gap.IsRevocationList).ToList();
        if (missing.Count > 0 && !allowMissingRevocationLists)
        {
            throw new IncompleteBundleException(missing);
        }

        // Issuer chains are few and shared: named by their content.
        var files = new SortedDictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);
        var manifest = new BundleManifest(created, key?.PublicKey.Fingerprint ?? "", []);
        foreach (var piece in pieces)
        {
            var file = NameOf(piece.Key);
            var chainSha256 = piece.IssuerChainPem.IsEmpty ? "" : Sha256(piece.IssuerChainPem);
            var chain = chainSha256.Length == 0 ? "" : $"issuers/{chainSha256}.pem";
            files[file] = piece.Raw;
            if (chain.Length > 0)
            {
                files[chain] = piece.IssuerChainPem;
            }

            manifest.Entries.Add(new BundleManifestEntry(
                piece.Key, file, Sha256(piece.Raw), chain, chainSha256, piece.Fetched, piece.Source, piece.NotBefore, piece.NotAfter));
        }

        var json = manifest.ToJson();
        List<(string, ReadOnlyMemory<byte>)> archive = [(ManifestName, json)];
        if (key is not null)
        {
            archive.Add((SignatureName, key.Sign(json)));
        }

        archive.AddRange(files.Select(file => (file.Key, file.Value)));
        return CanonicalTar.Write(archive);
    }

    private static string NameOf(CollateralKey key)
    {
        var text = key.ToString();
        var name = text.Length <= LongestKey && CanonicalTar.IsName(text)
            ? text
            : $"{CollateralKey.Folder(key.Kind)}/{Sha256(Encoding.UTF8.GetBytes(text))[..32]}";
        return $"{name}.{DirectoryCollateralStore.ExtensionOf(key.Kind)}";
    }

    private static string Sha256(ReadOnlyMemory<byte> content) => Convert.ToHexStringLower(SHA256.HashData(content.Span));
}
