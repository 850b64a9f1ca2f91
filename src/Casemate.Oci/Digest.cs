using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Casemate.Oci;

/// <summary>
/// The digest of some content, such as <c>sha256:6c3c…</c>: it names the content and proves it. Only the two registered algorithms,
/// SHA-256 and SHA-512, are supported. Source: OCI Image Format Specification 1.1, descriptor.md, "Digests".
/// </summary>
public sealed record Digest
{
    private const string Sha256Prefix = "sha256:";
    private const string Sha512Prefix = "sha512:";

    private Digest(string text) => Text = text;

    /// <summary>The whole text: algorithm, colon, lower-case hexadecimal digits.</summary>
    public string Text { get; }

    /// <summary>The algorithm's registered name: <c>sha256</c> or <c>sha512</c>.</summary>
    public string Algorithm => Text[..6];

    /// <summary>The hexadecimal digits: 64 or 128 of them, in lower case.</summary>
    public string Hex => Text[7..];

    /// <summary>The first twelve digits, for people.</summary>
    public string Short => Text.Substring(7, 12);

    /// <summary>The algorithm, as the base library names it.</summary>
    public HashAlgorithmName HashName => Algorithm == "sha256" ? HashAlgorithmName.SHA256 : HashAlgorithmName.SHA512;

    /// <summary>The SHA-256 digest of <paramref name="content"/>.</summary>
    public static Digest Of(ReadOnlySpan<byte> content) => FromSha256(SHA256.HashData(content));

    /// <summary>The digest with these 32 bytes of SHA-256.</summary>
    /// <exception cref="ArgumentException">There are not 32 bytes.</exception>
    public static Digest FromSha256(ReadOnlySpan<byte> hash)
    {
        if (hash.Length != SHA256.HashSizeInBytes)
        {
            throw new ArgumentException("A SHA-256 digest has 32 bytes.", nameof(hash));
        }

        return new Digest(Sha256Prefix + Convert.ToHexStringLower(hash));
    }

    /// <summary>Reads a digest. Upper-case digits are refused, as the specification asks.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out Digest? digest)
    {
        digest = null;
        if (text is null)
        {
            return false;
        }

        var digits = text.StartsWith(Sha256Prefix, StringComparison.Ordinal) ? 64
            : text.StartsWith(Sha512Prefix, StringComparison.Ordinal) ? 128
            : -1;
        if (digits < 0 || text.Length != Sha256Prefix.Length + digits || text.AsSpan(Sha256Prefix.Length).ContainsAnyExcept("0123456789abcdef"))
        {
            return false;
        }

        digest = new Digest(text);
        return true;
    }

    /// <summary>Reads a digest.</summary>
    /// <exception cref="OciException"><see cref="OciError.InvalidDigest"/>: it is none.</exception>
    public static Digest Parse(string text) =>
        TryParse(text, out var digest)
            ? digest
            : throw new OciException(OciError.InvalidDigest, $"'{Quoted.Of(text)}' is not a digest", "Write sha256: and 64 hexadecimal digits in lower case.");

    /// <summary>True when <paramref name="content"/> has this digest.</summary>
    public bool Matches(ReadOnlySpan<byte> content)
    {
        Span<byte> hash = stackalloc byte[SHA512.HashSizeInBytes];
        var length = Algorithm == "sha256" ? SHA256.HashData(content, hash) : SHA512.HashData(content, hash);
        return Convert.ToHexStringLower(hash[..length]).AsSpan().SequenceEqual(Text.AsSpan(7));
    }

    /// <inheritdoc/>
    public override string ToString() => Text;
}
