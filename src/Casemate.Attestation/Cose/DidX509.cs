using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Casemate.Attestation.Pki;
using Casemate.Primitives.Text;

namespace Casemate.Attestation.Cose;

/// <summary>
/// A did:x509 identifier: the fingerprint of a CA, and what a certificate under it must say of its subject. It names a signer across the
/// renewals of its certificate. Source: did:x509 method specification, version 0.
/// </summary>
/// <remarks>The predicates <c>subject</c>, <c>eku</c> and <c>san</c> are known; an identifier with another one is refused.</remarks>
public sealed partial class DidX509
{
    /// <summary>The longest identifier that is read, in characters.</summary>
    public const int MaxLength = 1024;

    private const string Prefix = "did:x509:0:";
    private const int MaxPredicates = 8;

    private readonly HashAlgorithmName _hash;
    private readonly byte[] _fingerprint;
    private readonly ImmutableArray<Predicate> _predicates;

    private DidX509(string text, HashAlgorithmName hash, byte[] fingerprint, ImmutableArray<Predicate> predicates)
    {
        Text = text;
        (_hash, _fingerprint, _predicates) = (hash, fingerprint, predicates);
    }

    /// <summary>The identifier, as it was given.</summary>
    public string Text { get; }

    /// <summary>Parses an identifier.</summary>
    /// <param name="text">Such as <c>did:x509:0:sha256:I__i…pt9s::eku:1.3.6.1.4.1.311.76.59.1.2</c>.</param>
    /// <param name="did">The identifier, or null.</param>
    /// <param name="error">What is wrong; null after success.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out DidX509? did, [NotNullWhen(false)] out string? error)
    {
        ArgumentNullException.ThrowIfNull(text);
        did = null;
        if (text.Length > MaxLength || !text.StartsWith(Prefix, StringComparison.Ordinal))
        {
            error = $"not a did:x509 identifier of version 0 ('{Prefix}…') of at most {MaxLength} characters";
            return false;
        }

        var parts = text[Prefix.Length..].Split("::");
        if (parts.Length is < 2 or > 1 + MaxPredicates)
        {
            error = $"a did:x509 identifier has 1 to {MaxPredicates} predicates, each after '::'";
            return false;
        }

        if (!TryParseFingerprint(parts[0], out var hash, out var fingerprint))
        {
            error = "the CA's fingerprint is not sha256, sha384 or sha512 with its value in base64url without padding";
            return false;
        }

        var predicates = ImmutableArray.CreateBuilder<Predicate>(parts.Length - 1);
        foreach (var part in parts.AsSpan(1))
        {
            if (!Predicate.TryParse(part, out var predicate))
            {
                error = $"predicate {predicates.Count + 1} is malformed, or none of subject, eku and san";
                return false;
            }

            predicates.Add(predicate);
        }

        did = new DidX509(text, hash, fingerprint, predicates.MoveToImmutable());
        error = null;
        return true;
    }

    /// <summary>The identifier.</summary>
    public override string ToString() => Text;

    /// <summary>Says why a chain whose signatures hold is not one of this identifier; empty when it is.</summary>
    internal string Check(CertificateChain chain)
    {
        var pinned = false;
        for (var i = 1; i < chain.Certificates.Count; i++)
        {
            pinned |= CryptographicOperations.HashData(_hash, chain.Certificates[i].Der.Span).AsSpan().SequenceEqual(_fingerprint);
        }

        if (!pinned)
        {
            return "no CA of the chain has the identifier's fingerprint";
        }

        foreach (var predicate in _predicates)
        {
            if (!predicate.Holds(chain.Leaf))
            {
                return $"the signer's certificate does not have the identifier's {predicate.Name}";
            }
        }

        return "";
    }

    private static bool TryParseFingerprint(string text, out HashAlgorithmName hash, out byte[] fingerprint)
    {
        (hash, fingerprint) = (default, []);
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0)
        {
            return false;
        }

        int size;
        (hash, size) = text[..colon] switch
        {
            "sha256" => (HashAlgorithmName.SHA256, 32),
            "sha384" => (HashAlgorithmName.SHA384, 48),
            "sha512" => (HashAlgorithmName.SHA512, 64),
            _ => (default, -1),
        };
        if (!Base64UrlText.TryDecode(text.AsSpan(colon + 1), out var decoded) || decoded.Length != size)
        {
            return false;
        }

        fingerprint = decoded;
        return true;
    }

    // Only unreserved characters stand for themselves; everything else is %XX, UTF-8.
    private static bool TryUnescape(string text, out string value)
    {
        value = "";
        var bytes = new List<byte>(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsAsciiLetterOrDigit(text[i]) || text[i] is '.' or '-' or '_')
            {
                bytes.Add((byte)text[i]);
            }
            else if (text[i] == '%' && i + 2 < text.Length && char.IsAsciiHexDigit(text[i + 1]) && char.IsAsciiHexDigit(text[i + 2]))
            {
                bytes.Add(Convert.FromHexString(text.AsSpan(i + 1, 2))[0]);
                i += 2;
            }
            else
            {
                return false;
            }
        }

        if (bytes.Count == 0 || !System.Text.Unicode.Utf8.IsValid(bytes.ToArray()))
        {
            return false;
        }

        value = Encoding.UTF8.GetString([.. bytes]);
        return true;
    }
}
