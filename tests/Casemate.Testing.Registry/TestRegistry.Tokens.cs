using System.Text;

namespace Casemate.Testing.Registry;

public sealed partial class TestRegistry
{
    private readonly Dictionary<string, (HashSet<string> Scopes, int[] Uses)> _tokens = new(StringComparer.Ordinal);

    /// <summary>The tokens that were given out, in order.</summary>
    public IReadOnlyList<string> TokensGiven
    {
        get
        {
            lock (_lock)
            {
                return [.. _tokens.Keys];
            }
        }
    }

    /// <summary>Lets no token be good any more.</summary>
    public void RevokeTokens()
    {
        lock (_lock)
        {
            foreach (var (_, uses) in _tokens.Values)
            {
                uses[0] = 0;
            }
        }
    }

    private Answer? RefuseUnauthorized(LoggedRequest request)
    {
        if (_options.Auth is TestRegistryAuth.None)
        {
            return null;
        }

        if (_options.Auth is TestRegistryAuth.Basic)
        {
            return IsUser(request) ? null : Unauthorized("Basic realm=\"test\"");
        }

        var scope = Needed(request);
        var sent = request.Header("Authorization") is { } header && header.StartsWith("Bearer ", StringComparison.Ordinal) ? header[7..] : "";
        if (_tokens.TryGetValue(sent, out var token) && token.Uses[0] > 0 && scope.All(token.Scopes.Contains))
        {
            token.Uses[0]--;
            return null;
        }

        var realm = _options.Realm ?? $"{Address}/token";
        return Unauthorized($"Bearer realm=\"{realm}\",service=\"registry of tests\"" + (scope.Count > 0 ? $",scope=\"{Text(scope)}\"" : ""));
    }

    private static Answer Unauthorized(string challenge) =>
        Answer.Error(401, "UNAUTHORIZED", "authentication required").With("WWW-Authenticate", challenge);

    private bool IsUser(LoggedRequest request)
    {
        if (request.Header("Authorization") is not { } header || !header.StartsWith("Basic ", StringComparison.Ordinal))
        {
            return false;
        }

        var text = Encoding.UTF8.GetString(Convert.FromBase64String(header[6..]));
        var colon = text.IndexOf(':');
        return colon > 0 && _options.Users.TryGetValue(text[..colon], out var password) && password == text[(colon + 1)..];
    }

    private Answer GiveToken(LoggedRequest request, byte[] body)
    {
        var query = Query(request.Method == "POST" ? Encoding.UTF8.GetString(body) : request.Query);
        request.Form = request.Method == "POST" ? Encoding.UTF8.GetString(body) : null;
        var isIdentity = query.TryGetValue("refresh_token", out var identity) && _options.IdentityTokens.Contains(identity);
        var hasSaid = request.Header("Authorization") is not null || query.ContainsKey("refresh_token");
        var isKnown = isIdentity || IsUser(request);
        if (!isKnown && (hasSaid || !_options.AnonymousPull))
        {
            return Answer.Error(401, "UNAUTHORIZED", "incorrect username or password");
        }

        var scopes = query.GetValueOrDefault("scope", "").Split(' ', StringSplitOptions.RemoveEmptyEntries).SelectMany(Single)
            .Where(scope => isKnown || scope.EndsWith(":pull", StringComparison.Ordinal)).ToHashSet(StringComparer.Ordinal);
        var token = $"token-{_tokens.Count + 1}-{Guid.NewGuid():N}";
        _tokens[token] = (scopes, [_options.TokenUses]);
        var name = request.Method == "POST" ? "access_token" : "token";
        return Answer.Json(200, $$"""{"{{name}}":"{{token}}","expires_in":300}""");
    }

    private static HashSet<string> Needed(LoggedRequest request)
    {
        if (Route().Match(request.Path) is not { Success: true } match)
        {
            return [];
        }

        var name = match.Groups["name"].Value;
        var needed = new HashSet<string>(StringComparer.Ordinal) { $"repository:{name}:pull" };
        if (request.Method is not ("GET" or "HEAD") || match.Groups["rest"].Value.StartsWith("uploads/", StringComparison.Ordinal))
        {
            needed.Add($"repository:{name}:push");
        }

        if (Query(request.Query).TryGetValue("from", out var from))
        {
            needed.Add($"repository:{from}:pull");
        }

        return needed;
    }

    private static IEnumerable<string> Single(string scope) =>
        scope.LastIndexOf(':') is > 0 and var colon ? scope[(colon + 1)..].Split(',').Select(action => $"{scope[..colon]}:{action}") : [scope];

    private static string Text(HashSet<string> scopes) => string.Join(
        ' ', scopes.GroupBy(scope => scope[..scope.LastIndexOf(':')]).Select(
            group => $"{group.Key}:{string.Join(',', group.Select(scope => scope[(scope.LastIndexOf(':') + 1)..]))}"));
}
