using System.Security.Cryptography;

namespace Casemate.Collateral.Bundle;

/// <summary>The key that a bundle must be signed with: ECDSA on P-256 with SHA-256. Immutable.</summary>
public sealed class BundlePublicKey
{
    private const int MaximumFileBytes = 16 * 1024;

    private readonly byte[] _spki;

    internal BundlePublicKey(byte[] spki)
    {
        _spki = spki;
        Fingerprint = Convert.ToHexStringLower(SHA256.HashData(spki));
    }

    /// <summary>SHA-256 of the key (SubjectPublicKeyInfo, DER): 64 lower-case hex digits.</summary>
    public string Fingerprint { get; }

    /// <summary>Reads a key.</summary>
    /// <param name="path">A PEM file with one <c>PUBLIC KEY</c>, as <see cref="BundleSigningKey"/> writes it.</param>
    /// <exception cref="MalformedInputException">The file is unreadable, or holds something else; a private key is refused too.</exception>
    public static BundlePublicKey Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var blocks = PemText.Read(BoundedFile.Read(path, MaximumFileBytes), path);
        if (blocks.Any(block => block.Label.EndsWith("PRIVATE KEY", StringComparison.Ordinal)))
        {
            throw new MalformedInputException(
                path, "holds a private key",
                $"Name the file with the public key, which lies beside it: {BundleSigningKey.PublicPath(path)}.");
        }

        if (blocks is not [("PUBLIC KEY", var spki)])
        {
            throw new MalformedInputException(path, "does not hold just one PUBLIC KEY");
        }

        try
        {
            using var key = ECDsa.Create();
            key.ImportSubjectPublicKeyInfo(spki, out var read);
            return read == spki.Length && BundleSigningKey.IsP256(key)
                ? new BundlePublicKey(key.ExportSubjectPublicKeyInfo())
                : throw new MalformedInputException(path, "is not a key on P-256");
        }
        catch (CryptographicException exception)
        {
            throw new MalformedInputException(path, "is not an elliptic-curve key", cause: exception);
        }
    }

    /// <summary>The key as PEM text.</summary>
    public string ToPem() => PemEncoding.WriteString("PUBLIC KEY", _spki) + "\n";

    /// <summary>Whether a signature (ASN.1 DER) over some bytes is this key's.</summary>
    internal bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        using var key = ECDsa.Create();
        key.ImportSubjectPublicKeyInfo(_spki, out _);
        return key.VerifyData(data, signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
    }
}
