using System.Collections.Immutable;
using Casemate.Collateral.Store;

namespace Casemate.Collateral.Bundle;

/// <summary>
/// One file with collateral for machines without network: a tar archive with a manifest (schema, date, and of every piece key, SHA-256,
/// source and validity), a signature over the manifest, and the pieces as they were received. What is read here is what the signer put
/// in, byte for byte; whether the pieces are genuine, <see cref="CollateralAudit"/> and <see cref="BundleCollateralSource"/> decide.
/// Immutable.
/// </summary>
public sealed partial class CollateralBundle
{
    /// <summary>The most pieces.</summary>
    public const int MaximumEntries = 50_000;

    /// <summary>The largest bundle, in bytes: 256 MiB.</summary>
    public const int MaximumBytes = 256 * 1024 * 1024;

    private const string ManifestName = "manifest.json";
    private const string SignatureName = "manifest.sig";
    private const int MaximumManifestBytes = 48 * 1024 * 1024;

    private CollateralBundle(
        string name, DateTimeOffset created, string signer, bool isSignatureVerified, ImmutableArray<StoredCollateral> entries)
    {
        Name = name;
        Created = created;
        Signer = signer;
        IsSignatureVerified = isSignatureVerified;
        Entries = entries;
    }

    /// <summary>The file, for messages.</summary>
    public string Name { get; }

    /// <summary>When it was made, as it says itself.</summary>
    public DateTimeOffset Created { get; }

    /// <summary>
    /// The fingerprint of the key that signed it, as it says itself; empty for a bundle without signature. True only if
    /// <see cref="IsSignatureVerified"/>.
    /// </summary>
    public string Signer { get; }

    /// <summary>Whether the signature was checked with a pinned key. A bundle whose signature is wrong is not read at all.</summary>
    public bool IsSignatureVerified { get; }

    /// <summary>The pieces, in the order of their keys' text. Not verified yet.</summary>
    public ImmutableArray<StoredCollateral> Entries { get; }

    /// <summary>Whether some bytes begin like a bundle. Says nothing about the rest.</summary>
    /// <param name="start">The first 512 bytes, or more.</param>
    public static bool IsBundle(ReadOnlySpan<byte> start) => CanonicalTar.StartsWith(start, ManifestName);

    /// <summary>Whether a file begins like a bundle; false also for what cannot be read.</summary>
    /// <param name="path">The file; a pipe or device is no bundle.</param>
    public static bool IsBundleFile(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var start = new byte[512];
        try
        {
            if (!File.Exists(path) || new FileInfo(path).Length < start.Length)
            {
                return false;
            }

            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            return file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length && IsBundle(start);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;                                                   // whoever reads the file says what is wrong with it
        }
    }

    /// <summary>Reads a bundle that must be signed.</summary>
    /// <param name="path">The file.</param>
    /// <param name="signer">The one key whose signature counts.</param>
    /// <exception cref="MalformedInputException">
    /// It is unreadable, no bundle, damaged, not signed, or signed with another key; nothing of it was taken.
    /// </exception>
    public static CollateralBundle Read(string path, BundlePublicKey signer)
    {
        ArgumentNullException.ThrowIfNull(signer);
        return Parse(BoundedFile.Read(path, MaximumBytes), path, signer);
    }

    /// <summary>Reads a bundle without asking who made it: with any signature, or none.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="MalformedInputException">It is unreadable, no bundle, or damaged.</exception>
    public static CollateralBundle ReadAcceptingUnsigned(string path) => Read(BoundedFile.Read(path, MaximumBytes), path, signer: null);

    /// <summary>Reads a bundle that is in memory and must be signed.</summary>
    /// <param name="content">The bundle; must not change as long as the result is in use.</param>
    /// <param name="name">What to call it in messages.</param>
    /// <param name="signer">The one key whose signature counts.</param>
    /// <exception cref="MalformedInputException">As for <see cref="Read(string, BundlePublicKey)"/>.</exception>
    public static CollateralBundle Parse(ReadOnlyMemory<byte> content, string name, BundlePublicKey signer)
    {
        ArgumentNullException.ThrowIfNull(signer);
        return Read(content, name, signer);
    }
}
