using System.Security.Cryptography;
using System.Text;

namespace Casemate.Serve.Pccs;

/// <summary>A token that is known by its SHA-512 alone. Source: PCCS, <c>UserTokenHash</c> and <c>AdminTokenHash</c>.</summary>
internal sealed class TokenHash
{
    private const int MaximumTokenLength = 1024;

    private readonly byte[]? _hash;

    /// <summary>Takes a hash.</summary>
    /// <param name="hex">128 hex digits; null: no token matches.</param>
    public TokenHash(string? hex) => _hash = hex is null ? null : Convert.FromHexString(hex);

    /// <summary>Whether a text is such a hash.</summary>
    public static bool IsWellFormed(string hex) =>
        hex.Length == 2 * SHA512.HashSizeInBytes && !hex.AsSpan().ContainsAnyExcept("0123456789abcdefABCDEF");

    /// <summary>Whether a token is the one. Takes equally long for every wrong one of its length.</summary>
    public bool Matches(string? token) =>
        _hash is not null && token is { Length: > 0 and <= MaximumTokenLength }
        && CryptographicOperations.FixedTimeEquals(SHA512.HashData(Encoding.UTF8.GetBytes(token)), _hash);
}
