using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using Casemate.Kubernetes;

namespace Casemate.Testing.Kubernetes;

/// <summary>
/// Who may do what. A token that was issued here stands for its service account, and is judged by the roles and bindings that are in the
/// server; every other token is the test's own and may do everything.
/// </summary>
public sealed partial class TestApiServer
{
    private readonly ConcurrentDictionary<string, TestUser> _users = new();
    private int _tokens;

    /// <summary>Issues a token of a service account, which need not be there.</summary>
    public string IssueToken(string namespaceName, string serviceAccount)
    {
        var token = $"token-{Interlocked.Increment(ref _tokens)}-{namespaceName}-{serviceAccount}";
        _users[token] = TestUser.OfServiceAccount(namespaceName, serviceAccount);
        return token;
    }

    /// <summary>What leads a service account here.</summary>
    public KubeConfiguration ConfigurationOf(string namespaceName, string serviceAccount) =>
        KubeConfiguration.Loopback(Address, IssueToken(namespaceName, serviceAccount));

    /// <summary>Whether a service account may do something, by what is in the server now.</summary>
    public bool Allows(string namespaceName, string serviceAccount, KubeAccessQuestion question) =>
        new AccessRules(_store).Allow(TestUser.OfServiceAccount(namespaceName, serviceAccount), question.Verb, question.Resource.Group,
            Whole(question.Resource.Plural, question.Subresource ?? ""), question.Namespace, question.Name);

    private static string Whole(string plural, string subresource) => subresource.Length > 0 ? $"{plural}/{subresource}" : plural;

    private void Authorize(ApiRequest request, Place place)
    {
        if (request.Token is not { } token || !_users.TryGetValue(token, out var user))
        {
            return;
        }

        var isThere = place.Name is not null && _store.Find(place.Collection, place.Namespace ?? "", place.Name) is not null;
        var verbs = (request.Method, request.ContentType) switch
        {
            ("GET", _) when request.IsWatch => (string[])["watch"],
            ("GET", _) => place.Name is null ? ["list"] : ["get"],
            ("POST", _) => ["create"],
            ("PUT", _) => ["update"],
            ("PATCH", "application/apply-patch+yaml") when !isThere => ["patch", "create"],
            ("PATCH", _) => ["patch"],
            _ => ["delete"],
        };
        var group = place.Collection.Split('/') is ["apis", var named, ..] ? named : "";
        var plural = Whole(place.Collection.Split('/')[^1], place.Subresource);
        var asked = request.Query.GetValueOrDefault("fieldSelector", "") is var fields
            && fields.StartsWith("metadata.name=", StringComparison.Ordinal) && !fields.Contains(',') ? fields["metadata.name=".Length..] : null;
        foreach (var verb in verbs)
        {
            // Whoever makes an object by name alone is not judged by that name.
            var name = verb == "create" && place.Subresource.Length == 0 ? null : place.Name ?? asked;
            if (!new AccessRules(_store).Allow(user, verb, group, plural, place.Namespace, name))
            {
                throw new ApiFault(403, "Forbidden", string.Create(
                    CultureInfo.InvariantCulture,
                    $"{plural} is forbidden: User \"{user.Name}\" cannot {verb} resource \"{plural}\" in API group \"{group}\"")
                    + (place.Namespace is null ? " at the cluster scope" : $" in the namespace \"{place.Namespace}\""));
            }
        }
    }

    // Questions that keep nothing; null when it is none.
    private JsonObject? Review(ApiRequest request, Place place)
    {
        if (request.Method != "POST")
        {
            return null;
        }

        var kind = place.Collection.Split('/')[^1];
        if (kind == "serviceaccounts" && place.Subresource == "token")
        {
            return TokenRequest(place, (JsonObject)JsonNode.Parse(request.Body)!);
        }

        if (kind is not ("tokenreviews" or "subjectaccessreviews" or "selfsubjectaccessreviews"))
        {
            return null;
        }

        var body = (JsonObject)JsonNode.Parse(request.Body)!;
        body["metadata"] ??= new JsonObject();
        body["status"] = kind == "tokenreviews" ? TokenStatus(body["spec"]!) : AccessStatus(body["spec"]!, kind, request.Token);
        return body;
    }

    private JsonObject TokenRequest(Place place, JsonObject body)
    {
        if (_store.Find(place.Collection, place.Namespace!, place.Name!) is null)
        {
            throw new ApiFault(404, "NotFound", $"serviceaccounts \"{place.Name}\" not found");
        }

        var token = IssueToken(place.Namespace!, place.Name!);
        var audiences = body["spec"]?["audiences"] is JsonArray { Count: > 0 } asked ? asked : new JsonArray("https://kubernetes.default.svc");
        _users[token] = _users[token] with { Audiences = [.. audiences.Select(one => one!.GetValue<string>())] };
        body["metadata"] ??= new JsonObject();
        body["status"] = new JsonObject { ["token"] = token, ["expirationTimestamp"] = "2100-01-01T00:00:00Z" };
        return body;
    }

    private JsonObject TokenStatus(JsonNode spec)
    {
        var asked = spec["audiences"] is JsonArray list
            ? list.Select(one => one!.GetValue<string>()).ToList() : ["https://kubernetes.default.svc"];
        if (!_users.TryGetValue(spec["token"]!.GetValue<string>(), out var user) || !user.Audiences.Intersect(asked).Any())
        {
            return new JsonObject { ["authenticated"] = false, ["error"] = "invalid bearer token" };
        }

        return new JsonObject
        {
            ["authenticated"] = true,
            ["user"] = new JsonObject { ["username"] = user.Name, ["uid"] = "uid-of-user", ["groups"] = Texts(user.Groups) },
            ["audiences"] = Texts(user.Audiences.Intersect(asked)),
        };
    }

    private JsonObject AccessStatus(JsonNode spec, string kind, string? token)
    {
        var user = kind == "selfsubjectaccessreviews"
            ? token is not null && _users.TryGetValue(token, out var own) ? own : null
            : new TestUser(
                spec["user"]?.GetValue<string>() ?? "", [.. (spec["groups"] as JsonArray ?? []).Select(one => one!.GetValue<string>())], []);
        var what = spec["resourceAttributes"]!;
        string Text(string name) => what[name]?.GetValue<string>() ?? "";
        var isAllowed = user is null || new AccessRules(_store).Allow(
            user, Text("verb"), Text("group"), Whole(Text("resource"), Text("subresource")),
            Text("namespace") is { Length: > 0 } space ? space : null, Text("name") is { Length: > 0 } name ? name : null);
        return new JsonObject { ["allowed"] = isAllowed, ["reason"] = isAllowed ? "RBAC: allowed by a binding" : "" };
    }

    private static JsonArray Texts(IEnumerable<string> values) => new([.. values.Select(value => JsonValue.Create(value))]);
}
