using System.Security.Cryptography;
using Casemate.Collateral.Store;

namespace Casemate.Collateral.Bundle;

/// <content>Reading: archive, signature, manifest, hashes, in this order.</content>
public sealed partial class CollateralBundle
{
    private static CollateralBundle Read(ReadOnlyMemory<byte> content, string name, BundlePublicKey? signer)
    {
        if (content.Length > MaximumBytes)
        {
            throw new MalformedInputException(name, $"larger than {MaximumBytes / (1024 * 1024)} MiB, the limit for a bundle");
        }

        if (!CanonicalTar.TryRead(content, (2 * MaximumEntries) + 2, out var files, out var error))
        {
            throw Refuse(name, error);
        }

        if (files.Count == 0 || files[0].Name != ManifestName || files[0].Content.Length > MaximumManifestBytes)
        {
            throw Refuse(name, $"its first file is no {ManifestName} of at most {MaximumManifestBytes / (1024 * 1024)} MiB");
        }

        var manifestBytes = files[0].Content;
        var signature = files.Count > 1 && files[1].Name == SignatureName ? files[1].Content : default;

        // Before anything inside is looked at.
        if (signer is not null)
        {
            RequireSignature(name, manifestBytes, signature, signer);
        }

        if (!BundleManifest.TryRead(manifestBytes, MaximumEntries, out var manifest, out error))
        {
            throw Refuse(name, $"its {ManifestName}: {error}");
        }

        if (manifest!.Signer.Length > 0 == signature.IsEmpty || (signer is not null && manifest.Signer != signer.Fingerprint))
        {
            throw Refuse(name, "its manifest does not name the key that signed it");
        }

        var byName = IndexFiles(name, files, signature.IsEmpty ? 1 : 2);
        var unused = byName.Keys.ToHashSet();
        var entries = manifest.Entries.Select(entry => new StoredCollateral(
            entry.Key,
            Take(name, byName, unused, entry.File, entry.Sha256, StoredCollateral.MaximumBytes(entry.Key.Kind)),
            entry.ChainFile.Length == 0
                ? default
                : Take(name, byName, unused, entry.ChainFile, entry.ChainSha256, StoredCollateral.MaximumChainBytes),
            entry.Fetched, entry.Source, entry.NotBefore, entry.NotAfter));
        var bundle = new CollateralBundle(name, manifest.Created, manifest.Signer, signer is not null, [.. entries]);
        return unused.Count == 0
            ? bundle
            : throw Refuse(name, $"it holds '{unused.Order(StringComparer.Ordinal).First()}', which its manifest does not name");
    }

    private static void RequireSignature(
        string name, ReadOnlyMemory<byte> manifest, ReadOnlyMemory<byte> signature, BundlePublicKey signer)
    {
        if (signature.IsEmpty)
        {
            throw new MalformedInputException(
                name, "the bundle is not signed", "Ask for a signed one, or accept it unsigned if you know where it comes from.");
        }

        const int longest = 80;                                             // two integers of at most 33 bytes in a SEQUENCE: 72
        if (signature.Length > longest || !signer.Verify(manifest.Span, signature.Span))
        {
            throw new MalformedInputException(
                name, $"the bundle is not signed with the key {signer.Fingerprint}, or was changed after it was signed",
                "Name the public key of whoever exported it; it lies beside the signing key, with the ending .pub.");
        }
    }

    // In ascending order, as the writer puts them: so there are no two of one name.
    private static Dictionary<string, ReadOnlyMemory<byte>> IndexFiles(
        string name, List<(string Name, ReadOnlyMemory<byte> Content)> files, int first)
    {
        var byName = new Dictionary<string, ReadOnlyMemory<byte>>();
        for (var i = first; i < files.Count; i++)
        {
            if (i > first && string.CompareOrdinal(files[i - 1].Name, files[i].Name) >= 0)
            {
                throw Refuse(name, $"its file '{files[i].Name}' is out of order, or there twice");
            }

            byName.Add(files[i].Name, files[i].Content);
        }

        return byName;
    }

    private static ReadOnlyMemory<byte> Take(
        string name, Dictionary<string, ReadOnlyMemory<byte>> files, HashSet<string> unused, string file, string sha256, int limit)
    {
        if (!files.TryGetValue(file, out var content))
        {
            throw Refuse(name, $"its manifest names '{file}', which is not in it");
        }

        unused.Remove(file);
        return content.Length > limit
            ? throw Refuse(name, $"'{file}' is larger than {limit / 1024} KiB, the limit for its kind")
            : Convert.ToHexStringLower(SHA256.HashData(content.Span)) != sha256
                ? throw Refuse(name, $"the content of '{file}' is not what the manifest says (SHA-256 differs)")
            : content;
    }

    private static MalformedInputException Refuse(string name, string problem) =>
        new(name, problem, "Copy the bundle again. It must arrive byte for byte: packing its files anew makes another archive.");
}
