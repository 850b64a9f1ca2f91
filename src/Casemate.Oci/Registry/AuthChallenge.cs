using System.Net.Http.Headers;

namespace Casemate.Oci.Registry;

/// <summary>
/// What a registry asks for with a 401: basic authentication, or a token of a service that it names. Sources: RFC 9110, section 11.6.1;
/// the distribution project's "Token Authentication Specification".
/// </summary>
/// <param name="IsBearer">True where a token is asked for, false where a user name and password are.</param>
/// <param name="Realm">Where tokens are to be had; null with basic authentication.</param>
/// <param name="Service">How the token service knows the registry; null where it is not said.</param>
/// <param name="Scopes">What the token should allow, as the registry sees it.</param>
internal sealed record AuthChallenge(bool IsBearer, string? Realm, string? Service, IReadOnlyList<string> Scopes)
{
    private const int MaxLength = 4_096;
    private const int MaxScopes = 4;

    /// <summary>Picks the challenge that can be met: a token before a password. Null when there is none of either kind.</summary>
    public static AuthChallenge? Choose(IEnumerable<AuthenticationHeaderValue> offered)
    {
        AuthChallenge? basic = null;
        foreach (var header in offered.Take(8))
        {
            if (header.Scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase) && ReadBearer(header.Parameter) is { } bearer)
            {
                return bearer;
            }

            if (header.Scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase))
            {
                basic = new AuthChallenge(false, null, null, []);
            }
        }

        return basic;
    }

    /// <summary>Reads <c>key=value</c> pairs with commas between them; null when the text is malformed or says something twice.</summary>
    internal static IReadOnlyDictionary<string, string>? ReadParameters(string? text)
    {
        var found = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        var rest = (text ?? "").AsSpan();
        if (rest.Length > MaxLength)
        {
            return null;
        }

        while (!(rest = rest.TrimStart(" \t,")).IsEmpty)
        {
            var equals = rest.IndexOf('=');
            if (equals <= 0)
            {
                return null;
            }

            var key = rest[..equals].Trim().ToString();
            rest = rest[(equals + 1)..].TrimStart();
            if (TakeValue(ref rest) is not { } value || !found.TryAdd(key, value))
            {
                return null;
            }
        }

        return found;
    }

    private static string? TakeValue(ref ReadOnlySpan<char> rest)
    {
        if (rest.IsEmpty || rest[0] != '"')
        {
            var end = rest.IndexOf(',');
            var token = (end < 0 ? rest : rest[..end]).Trim().ToString();
            rest = end < 0 ? [] : rest[end..];
            return token.Contains('"') ? null : token;
        }

        var value = new System.Text.StringBuilder();
        for (var i = 1; i < rest.Length; i++)
        {
            if (rest[i] == '"')
            {
                rest = rest[(i + 1)..].TrimStart();
                return rest.IsEmpty || rest[0] == ',' ? value.ToString() : null;
            }

            if (rest[i] == '\\' && ++i == rest.Length)
            {
                return null;
            }

            value.Append(rest[i]);
        }

        return null;
    }

    private static AuthChallenge? ReadBearer(string? parameter) =>
        ReadParameters(parameter) is { } found && found.TryGetValue("realm", out var realm)
            ? new AuthChallenge(
                true, realm, found.GetValueOrDefault("service"),
                [.. found.GetValueOrDefault("scope", "").Split(' ', StringSplitOptions.RemoveEmptyEntries).Take(MaxScopes)])
            : null;
}
