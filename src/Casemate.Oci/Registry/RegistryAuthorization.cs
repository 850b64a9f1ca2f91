using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Casemate.Primitives.Json;

namespace Casemate.Oci.Registry;

/// <summary>
/// Turns challenges into authorization: basic, or tokens of the service that the registry names, each kept for its scope until it ends
/// or is refused. Sources: the distribution project's "Token Authentication Specification" and "OAuth 2 Token Authentication".
/// </summary>
internal sealed class RegistryAuthorization(RegistryWire wire, RegistryOptions options)
{
    private const int MaxTokenAnswerBytes = 256 * 1024;
    private const int MaxTokenLength = 64 * 1024;
    private const int MaxKept = 4_096;
    private const int LeastSecret = 4;
    private static readonly TimeSpan s_defaultLife = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_longestLife = TimeSpan.FromHours(1);
    private static readonly TimeSpan s_margin = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, Kept> _kept = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, byte> _secrets = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _one = new(1, 1);

    /// <summary>What is already there for such a request; null when nothing is, or it has ended.</summary>
    public AuthenticationHeaderValue? Known(RegistryRequest request) =>
        _kept.TryGetValue(KeyOf(request), out var kept) && kept.Until > options.Time.GetUtcNow() ? kept.Header : null;

    /// <summary>Answers a challenge.</summary>
    /// <param name="challenge">What the registry asks for.</param>
    /// <param name="request">What for.</param>
    /// <param name="refused">What was sent and did not do; null: nothing was.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <exception cref="OciException">There is no credential, or the token service does not accept it.</exception>
    public async Task<AuthenticationHeaderValue> AnswerAsync(
        AuthChallenge challenge, RegistryRequest request, AuthenticationHeaderValue? refused, CancellationToken cancel)
    {
        // One at a time: of many requests that are refused together, the first gets the token that all the others then use.
        await _one.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            if (Known(request) is { } known && !known.Equals(refused))
            {
                return known;
            }

            _kept.TryRemove(KeyOf(request), out _);
            var credential = options.Credentials is { } source
                ? await source.FindAsync(request.Registry, request.Repository, cancel).ConfigureAwait(false)
                : null;
            foreach (var secret in credential?.Secrets ?? [])
            {
                _secrets.TryAdd(secret, 0);
            }

            var made = credential?.RegistryToken is { } token
                ? new Kept(Bearer(token), DateTimeOffset.MaxValue)
                : challenge.IsBearer
                    ? await GetTokenAsync(challenge, request, credential, cancel).ConfigureAwait(false)
                    : new Kept(Basic(credential, request.Registry), DateTimeOffset.MaxValue);
            _secrets.TryAdd(made.Header.Parameter!, 0);
            if (_kept.Count >= MaxKept)
            {
                _kept.Clear();
            }

            _kept[KeyOf(request)] = made;
            return made.Header;
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>The text without any credential that was used so far.</summary>
    public string Scrub(string text)
    {
        // The longest first, so that one secret within another leaves no rest. What is shorter than a word stands everywhere.
        foreach (var secret in _secrets.Keys.Where(secret => secret.Length >= LeastSecret).OrderByDescending(secret => secret.Length))
        {
            text = text.Replace(secret, "***", StringComparison.Ordinal);
        }

        return text;
    }

    private static string KeyOf(RegistryRequest request) => $"{request.Registry} {string.Join(' ', request.Scopes)}";

    private static AuthenticationHeaderValue Bearer(string token) =>
        token.Length is > 0 and <= MaxTokenLength && !token.AsSpan().ContainsAnyExceptInRange('!', '~')
            ? new AuthenticationHeaderValue("Bearer", token)
            : throw new OciException(OciError.UnexpectedResponse, "a token holds characters that no token has, or is far too long");

    private static AuthenticationHeaderValue Basic(RegistryCredential? credential, string registry) =>
        credential is { UserName: { } user, Password: { } password }
            ? new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}")))
            : throw new OciException(
                OciError.Unauthorized, $"{registry} asks for a user name and a password, and there is none for it",
                $"Log in to {registry} (docker login, podman login), or name the file with the credentials (--authfile FILE).");

    private async Task<Kept> GetTokenAsync(
        AuthChallenge challenge, RegistryRequest request, RegistryCredential? credential, CancellationToken cancel)
    {
        var realm = Realm(challenge, request);
        string[] scopes = [.. request.Scopes.Concat(challenge.Scopes).Distinct(StringComparer.Ordinal)];
        var retries = new Retries(options);
        while (true)
        {
            OciException failure;
            TimeSpan? asked = null;
            try
            {
                using var message = credential?.IdentityToken is { } identity
                    ? Exchange(realm, challenge.Service, scopes, identity)
                    : Ask(realm, challenge.Service, scopes, credential);
                if (message.Headers.Authorization?.Parameter is { } sent)
                {
                    _secrets.TryAdd(sent, 0);
                }

                using var response = await wire.SendAsync(message, options.ResponseTimeout, cancel).ConfigureAwait(false);
                if (response.StatusCode is HttpStatusCode.OK)
                {
                    return ReadToken(await wire.ReadAsync(response, MaxTokenAnswerBytes, cancel).ConfigureAwait(false), realm);
                }

                failure = Refused(response, realm, request.Registry, credential);
                if (!RegistryHttp.IsTransient(response.StatusCode))
                {
                    throw failure;
                }

                asked = Retries.Asked(response, options.Time);
            }
            catch (BrokenConnectionException broken)
            {
                failure = new OciException(OciError.Unavailable, $"the token service of {request.Registry}: {broken.Message}",
                    broken.Remedy, broken);
                if (!broken.IsTransient)
                {
                    throw failure;
                }
            }

            if (!await retries.AgainAsync(asked, cancel).ConfigureAwait(false))
            {
                throw failure;
            }
        }
    }

    // A registry that is reached over TLS must not have its users' passwords sent anywhere without it.
    private Uri Realm(AuthChallenge challenge, RegistryRequest request)
    {
        var isHttpsOnly = RegistryAddress.Of(request.Registry, options).Scheme == Uri.UriSchemeHttps;
        if (!Uri.TryCreate(challenge.Realm, UriKind.Absolute, out var realm) || realm.UserInfo.Length > 0
            || (realm.Scheme != Uri.UriSchemeHttps
                && (realm.Scheme != Uri.UriSchemeHttp || isHttpsOnly || !RegistryAddress.MayBePlain(realm, options))))
        {
            throw new OciException(
                OciError.UnexpectedResponse,
                $"{request.Registry} names '{Quoted.Of(challenge.Realm)}' as its token service, which is not used: it is no HTTPS address");
        }

        return realm;
    }

    private static HttpRequestMessage Ask(Uri realm, string? service, string[] scopes, RegistryCredential? credential)
    {
        var query = new StringBuilder(realm.Query.TrimStart('?'));
        foreach (var (name, value) in Parameters(service, scopes))
        {
            query.Append(query.Length > 0 ? "&" : "").Append(name).Append('=').Append(Uri.EscapeDataString(value));
        }

        var message = new HttpRequestMessage(HttpMethod.Get, new UriBuilder(realm) { Query = query.ToString(), Fragment = "" }.Uri);
        if (credential is { UserName: not null, Password: not null })
        {
            message.Headers.Authorization = Basic(credential, "");
        }

        return message;
    }

    private static HttpRequestMessage Exchange(Uri realm, string? service, string[] scopes, string identityToken)
    {
        var form = new List<KeyValuePair<string, string>>
        {
            new("grant_type", "refresh_token"), new("client_id", "casemate"), new("refresh_token", identityToken),
            new("service", service ?? ""), new("scope", string.Join(' ', scopes)),
        };
        return new HttpRequestMessage(HttpMethod.Post, realm) { Content = new FormUrlEncodedContent(form) };
    }

    private static IEnumerable<(string Name, string Value)> Parameters(string? service, string[] scopes)
    {
        if (service is not null)
        {
            yield return ("service", service);
        }

        foreach (var scope in scopes)
        {
            yield return ("scope", scope);
        }
    }

    private Kept ReadToken(byte[] body, Uri realm)
    {
        if (!StrictJson.TryParse(body, out var document, out _))
        {
            throw NoToken(realm);
        }

        using (document)
        {
            var root = document.RootElement;
            var token = root.ValueKind is JsonValueKind.Object ? Text(root, "token") ?? Text(root, "access_token") : null;
            var life = root.ValueKind is JsonValueKind.Object && root.TryGetProperty("expires_in", out var seconds)
                && seconds.ValueKind is JsonValueKind.Number && seconds.TryGetDouble(out var value) && value > 0
                    ? TimeSpan.FromSeconds(Math.Min(value, s_longestLife.TotalSeconds))
                    : s_defaultLife;
            return new Kept(Bearer(token ?? throw NoToken(realm)), options.Time.GetUtcNow() + life - s_margin);
        }
    }

    private static string? Text(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String && value.GetString() is { Length: > 0 } text
            ? text : null;

    private static OciException NoToken(Uri realm) =>
        new(OciError.UnexpectedResponse, $"the token service {RegistryAddress.Show(realm)} answered with something that is no token");

    private static OciException Refused(HttpResponseMessage response, Uri realm, string registry, RegistryCredential? credential)
    {
        var status = (int)response.StatusCode;
        var asked = credential is null ? "gives no token to an unknown user" : $"does not accept {credential} for {registry}";
        return status is 400 or 401 or 403
            ? new OciException(
                OciError.Unauthorized, $"the token service {RegistryAddress.Show(realm)} {asked} (status {status})",
                $"Log in to {registry} (docker login, podman login), or name the file with the credentials (--authfile FILE).")
            : new OciException(
                RegistryHttp.IsTransient(response.StatusCode) ? OciError.Unavailable : OciError.UnexpectedResponse,
                $"the token service {RegistryAddress.Show(realm)} answered {status}");
    }

    /// <summary>An authorization, and when it ends.</summary>
    private sealed record Kept(AuthenticationHeaderValue Header, DateTimeOffset Until);
}
