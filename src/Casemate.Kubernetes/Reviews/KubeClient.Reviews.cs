using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Casemate.Kubernetes;

public sealed partial class KubeClient
{
    private static readonly TimeSpan ShortestTokenLife = TimeSpan.FromMinutes(10);

    /// <summary>Asks for a token of a service account (TokenRequest).</summary>
    /// <param name="namespaceName">The account's namespace.</param>
    /// <param name="serviceAccount">Its name.</param>
    /// <param name="audiences">For whom the token is; empty: for the API server.</param>
    /// <param name="life">How long it shall hold, at least 10 minutes; the server may give less.</param>
    /// <param name="cancellationToken">Stops the wait.</param>
    /// <exception cref="KubeException">There is no such account, it was refused, or the answer holds no token.</exception>
    /// <exception cref="KubeConfigurationException">
    /// The credentials cannot be had, or the token is one that no header can carry.
    /// </exception>
    public async Task<KubeServiceToken> CreateTokenAsync(
        string namespaceName, string serviceAccount, IReadOnlyList<string> audiences, TimeSpan life,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(audiences);
        ArgumentOutOfRangeException.ThrowIfLessThan(life, ShortestTokenLife);
        var answer = await AskAsync(
            PathOf(KubeResource.ServiceAccounts, namespaceName, serviceAccount, "token"), "authentication.k8s.io/v1", "TokenRequest",
            new JsonObject { ["audiences"] = Texts(audiences), ["expirationSeconds"] = (long)life.TotalSeconds }, false,
            cancellationToken).ConfigureAwait(false);
        var token = KubeObject.Text(answer, "token");
        return token.Length > 0 && DateTimeOffset.TryParse(
            KubeObject.Text(answer, "expirationTimestamp"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var expires)
            ? new KubeServiceToken(TokenText.Check(token, "the API server"), expires)
            : throw KubeObject.Malformed("a TokenRequest without a token and its end");
    }

    /// <summary>Asks whose token this is (TokenReview).</summary>
    /// <param name="token">The token.</param>
    /// <param name="audiences">For whom it must be; empty: for the API server.</param>
    /// <param name="cancellationToken">Stops the wait.</param>
    /// <exception cref="KubeException">The server was not asked or did not answer; a token that is not good is no failure.</exception>
    public async Task<KubeTokenReview> ReviewTokenAsync(
        string token, IReadOnlyList<string> audiences, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(token);
        ArgumentNullException.ThrowIfNull(audiences);
        var spec = new JsonObject { ["token"] = token };
        if (audiences.Count > 0)
        {
            spec["audiences"] = Texts(audiences);
        }

        var answer = await AskAsync(
            KubeResource.TokenReviews.PathOf(null), "authentication.k8s.io/v1", "TokenReview", spec, true, cancellationToken)
            .ConfigureAwait(false);
        var isGood = IsTrue(answer, "authenticated");
        var user = answer.ValueKind is JsonValueKind.Object && answer.TryGetProperty("user", out var value) && isGood ? value : default;
        return new KubeTokenReview(
            isGood, KubeObject.Text(user, "username"), KubeObject.Text(user, "uid"), TextsOf(user, "groups"),
            isGood ? TextsOf(answer, "audiences") : [], StatusAnswer.Clean(KubeObject.Text(answer, "error")));
    }

    /// <summary>Asks whether this client may do something (SelfSubjectAccessReview).</summary>
    /// <exception cref="KubeException">The server was not asked or did not answer.</exception>
    public Task<KubeAccess> ReviewOwnAccessAsync(KubeAccessQuestion question, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(question);
        return AccessAsync(
            KubeResource.SelfSubjectAccessReviews, new JsonObject { ["resourceAttributes"] = question.ToNode() }, cancellationToken);
    }

    /// <summary>Asks whether a user may do something (SubjectAccessReview).</summary>
    /// <param name="question">What.</param>
    /// <param name="username">Who, such as <c>system:serviceaccount:ns:name</c>.</param>
    /// <param name="groups">The user's groups.</param>
    /// <param name="cancellationToken">Stops the wait.</param>
    /// <exception cref="KubeException">The server was not asked or did not answer.</exception>
    public Task<KubeAccess> ReviewAccessAsync(
        KubeAccessQuestion question, string username, IReadOnlyList<string> groups, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(question);
        ArgumentException.ThrowIfNullOrEmpty(username);
        ArgumentNullException.ThrowIfNull(groups);
        return AccessAsync(
            KubeResource.SubjectAccessReviews,
            new JsonObject { ["resourceAttributes"] = question.ToNode(), ["user"] = username, ["groups"] = Texts(groups) },
            cancellationToken);
    }

    private async Task<KubeAccess> AccessAsync(KubeResource resource, JsonObject spec, CancellationToken cancellationToken)
    {
        var answer = await AskAsync(resource.PathOf(null), resource.ApiVersion, resource.Kind, spec, true, cancellationToken)
            .ConfigureAwait(false);
        return new KubeAccess(
            IsTrue(answer, "allowed") && !IsTrue(answer, "denied"), StatusAnswer.Clean(KubeObject.Text(answer, "reason")));
    }

    // The answer's status. A review keeps nothing on the server, so it may be repeated; its name is none.
    private async Task<JsonElement> AskAsync(
        string path, string apiVersion, string kind, JsonObject spec, bool isRepeatable, CancellationToken cancellationToken)
    {
        var body = new JsonObject { ["apiVersion"] = apiVersion, ["kind"] = kind, ["spec"] = spec };
        var request = new KubeRequest(HttpMethod.Post, path) { Body = KubePatch.Bytes(body), IsRepeatable = isRepeatable };
        var answer = KubeObject.ParseElement(
            await _transport.SendAsync(request, _options.MaxObjectBytes, cancellationToken).ConfigureAwait(false), $"the {kind}");
        return answer.ValueKind is JsonValueKind.Object && answer.TryGetProperty("status", out var status)
            && status.ValueKind is JsonValueKind.Object
            ? status
            : throw KubeObject.Malformed($"a {kind} without a status");
    }

    private static bool IsTrue(JsonElement element, string name) =>
        element.ValueKind is JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.True;

    private static JsonArray Texts(IReadOnlyList<string> values) => new([.. values.Select(value => JsonValue.Create(value))]);

    private static List<string> TextsOf(JsonElement element, string name) =>
        element.ValueKind is JsonValueKind.Object && element.TryGetProperty(name, out var list) && list.ValueKind is JsonValueKind.Array
            ? [.. list.EnumerateArray().Where(one => one.ValueKind is JsonValueKind.String).Select(one => one.GetString()!)]
            : [];
}
