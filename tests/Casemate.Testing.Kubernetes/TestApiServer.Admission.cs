using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Casemate.Kubernetes;
using Microsoft.AspNetCore.Http;

namespace Casemate.Testing.Kubernetes;

/// <summary>
/// Admission webhooks: those that are configured in the server are asked over TLS, as the real one does. Source: Kubernetes
/// documentation, "Dynamic Admission Control". Not played: matchConditions (CEL) and matchPolicy Equivalent.
/// </summary>
public sealed partial class TestApiServer
{
    private readonly ConcurrentDictionary<string, IPEndPoint> _services = new();
    private readonly ConcurrentQueue<AdmissionCall> _calls = new();
    private int _reviews;

    /// <summary>Every webhook that was asked, in order.</summary>
    public IReadOnlyList<AdmissionCall> AdmissionCalls => [.. _calls];

    private bool HasWebhooks => Configurations(isMutating: true).Any() || Configurations(isMutating: false).Any();

    /// <summary>Says where a Service of the cluster can be reached: on loopback, at a port that stands for all of its ports.</summary>
    public void Expose(string namespaceName, string service, int port) =>
        _services[$"{namespaceName}/{service}"] = new IPEndPoint(IPAddress.Loopback, port);

    /// <summary>A Service cannot be reached any more: connections are refused.</summary>
    public void Unexpose(string namespaceName, string service) => _services.TryRemove($"{namespaceName}/{service}", out _);

    private IEnumerable<WebhookKind> Configurations(bool isMutating) =>
        _store.List(
            (isMutating ? KubeResource.MutatingWebhookConfigurations : KubeResource.ValidatingWebhookConfigurations).PathOf(null), null)
            .OrderBy(one => one["metadata"]!["name"]!.GetValue<string>(), StringComparer.Ordinal)
            .SelectMany(one => WebhookConfigurationKind.Read(KubeObject.From(one)).Webhooks);

    private async Task<JsonObject> AdmitAsync(
        string operation, ApiRequest request, Place place, JsonObject value, JsonObject? before, bool isDry, HttpResponse response)
    {
        var resource = Served.FirstOrDefault(one => one.PathOf(null) == place.Collection);
        if (resource is null || resource.Kind.EndsWith("WebhookConfiguration", StringComparison.Ordinal))
        {
            return value;
        }

        var now = (JsonObject)value.DeepClone();
        now["apiVersion"] ??= resource.ApiVersion;
        now["kind"] ??= resource.Kind;
        now["metadata"] ??= new JsonObject();
        if (place.Namespace is not null)
        {
            now["metadata"]!["namespace"] ??= place.Namespace;
        }

        var made = new Admission(operation, request, place, resource, before, isDry, response);
        var asked = new List<(WebhookKind Webhook, JsonObject After)>();
        foreach (var webhook in Configurations(isMutating: true).Where(one => Matches(one, made, now)))
        {
            now = await AskAsync(webhook, made, now, isMutating: true);
            asked.Add((webhook, (JsonObject)now.DeepClone()));
        }

        // Once more for those that want to see what came after them.
        foreach (var (webhook, after) in asked.Where(one => one.Webhook.ReinvocationPolicy == "IfNeeded"))
        {
            if (!JsonNode.DeepEquals(after, now) && Matches(webhook, made, now))
            {
                now = await AskAsync(webhook, made, now, isMutating: true);
            }
        }

        foreach (var webhook in Configurations(isMutating: false).Where(one => Matches(one, made, now)))
        {
            await AskAsync(webhook, made, now, isMutating: false);
        }

        return now;
    }

    private sealed record Admission(
        string Operation, ApiRequest Request, Place Place, KubeResource Resource, JsonObject? Before, bool IsDry, HttpResponse Response);

    private bool Matches(WebhookKind webhook, Admission made, JsonObject now)
    {
        var plural = Whole(made.Resource.Plural, made.Place.Subresource);
        var isAsked = webhook.Rules.Any(rule =>
            Holds(rule.Operations, made.Operation) && Holds(rule.ApiGroups, made.Resource.Group)
            && Holds(rule.ApiVersions, made.Resource.Version)
            && rule.Resources.Any(one => one == plural || one == "*/*" || (one == "*" && !plural.Contains('/', StringComparison.Ordinal))
                || (one.EndsWith("/*", StringComparison.Ordinal) && plural.Split('/')[0] == one[..^2]))
            && (rule.Scope is "" or "*" || rule.Scope == (made.Resource.Namespaced ? "Namespaced" : "Cluster")));
        if (!isAsked)
        {
            return false;
        }

        var space = made.Resource == KubeResource.Namespaces ? LabelsOf(now)
            : made.Place.Namespace is { } name
                ? _store.Find(KubeResource.Namespaces.PathOf(null), "", name) is { } there
                    ? LabelsOf(there) : new Dictionary<string, string> { ["kubernetes.io/metadata.name"] = name }
            : null;
        return (space is null || webhook.NamespaceSelector?.Selects(space) is not false)
            && (webhook.ObjectSelector is not { } selector || selector.Selects(LabelsOf(now))
                || (made.Before is { } old && selector.Selects(LabelsOf(old))));
    }

    private static bool Holds(IReadOnlyList<string> list, string value) => list.Contains("*") || list.Contains(value);

    private static Dictionary<string, string> LabelsOf(JsonObject value) =>
        (value["metadata"]?["labels"] as JsonObject ?? []).ToDictionary(label => label.Key, label => label.Value!.GetValue<string>());

    private async Task<JsonObject> AskAsync(WebhookKind webhook, Admission made, JsonObject now, bool isMutating)
    {
        var user = made.Request.Token is { } token && _users.TryGetValue(token, out var known) ? known : null;
        var request = new JsonObject
        {
            ["uid"] = $"00000000-0000-4000-8000-{Interlocked.Increment(ref _reviews):x12}",
            ["kind"] = new JsonObject
            {
                ["group"] = made.Resource.Group,
                ["version"] = made.Resource.Version,
                ["kind"] = made.Resource.Kind,
            },
            ["resource"] = new JsonObject
            {
                ["group"] = made.Resource.Group,
                ["version"] = made.Resource.Version,
                ["resource"] = made.Resource.Plural,
            },
            ["name"] = now["metadata"]!["name"]?.DeepClone() ?? "",
            ["operation"] = made.Operation,
            ["userInfo"] = new JsonObject
            {
                ["username"] = user?.Name ?? "kubernetes-admin",
                ["groups"] = Texts(user?.Groups ?? ["system:masters", "system:authenticated"]),
            },
            ["object"] = made.Operation == "DELETE" ? null : now.DeepClone(),
            ["oldObject"] = made.Before?.DeepClone(),
            ["dryRun"] = made.IsDry,
        };
        if (made.Place.Namespace is not null)
        {
            request["namespace"] = made.Place.Namespace;
        }

        if (made.Place.Subresource.Length > 0)
        {
            request["subResource"] = made.Place.Subresource;
        }

        JsonObject answer;
        try
        {
            if (made.IsDry && webhook.SideEffects is not ("None" or "NoneOnDryRun"))
            {
                throw new ApiFault(
                    400, "BadRequest", $"admission webhook \"{webhook.Name}\" does not support dry run");
            }

            answer = await CallAsync(webhook, request);
        }
        catch (Exception exception) when (
            exception is HttpRequestException or OperationCanceledException or JsonException or InvalidDataException or IOException)
        {
            var problem = exception is OperationCanceledException ? "context deadline exceeded" : exception.Message;
            _calls.Enqueue(new AdmissionCall(webhook.Name, request, $"failed: {problem}"));
            return webhook.FailurePolicy == "Ignore"
                ? now
                : throw new ApiFault(
                    500, "InternalError", $"Internal error occurred: failed calling webhook \"{webhook.Name}\": {problem}");
        }

        var isAllowed = answer["allowed"]?.GetValue<bool>() is true;
        _calls.Enqueue(new AdmissionCall(webhook.Name, request, isAllowed ? "allowed" : "denied"));
        foreach (var warning in (answer["warnings"] as JsonArray ?? []).Select(one => one!.GetValue<string>()))
        {
            var quoted = warning.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);
            made.Response.Headers.Append("Warning", $"299 - \"{quoted}\"");
        }

        if (!isAllowed)
        {
            var code = answer["status"]?["code"]?.GetValue<int>() ?? 403;
            throw new ApiFault(
                code, answer["status"]?["reason"]?.GetValue<string>() ?? "Forbidden",
                $"admission webhook \"{webhook.Name}\" denied the request: "
                    + (answer["status"]?["message"]?.GetValue<string>() ?? "without explanation"));
        }

        if (answer["patch"] is null || !isMutating)
        {
            return now;
        }

        if (answer["patchType"]?.GetValue<string>() != "JSONPatch")
        {
            throw new ApiFault(500, "InternalError", $"webhook \"{webhook.Name}\" gave a patch of no known type");
        }

        var patch = (JsonArray)JsonNode.Parse(Convert.FromBase64String(answer["patch"]!.GetValue<string>()))!;
        return PatchRules.Operations((JsonObject)now.DeepClone(), patch);
    }

    private async Task<JsonObject> CallAsync(WebhookKind webhook, JsonObject request)
    {
        var (client, limit) = (webhook.ClientConfig, TimeSpan.FromSeconds(webhook.TimeoutSeconds ?? 10));
        var address = client.Service is { } service
            ? new Uri(new Uri($"https://{service.Name}.{service.Namespace}.svc:{service.Port ?? 443}/"), service.Path)
            : new Uri(client.Url);
        address = new Uri(address, $"{address.AbsolutePath}?timeout={(int)limit.TotalSeconds}s");
        using var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            SslOptions = new SslClientAuthenticationOptions
            {
                RemoteCertificateValidationCallback = (_, certificate, _, errors) =>
                    (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) == 0 && LeadsTo(client.CaBundle, certificate),
            },
            ConnectCallback = async (context, cancellationToken) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                try
                {
                    var end = client.Service is { } named
                        ? _services.GetValueOrDefault($"{named.Namespace}/{named.Name}")
                            ?? throw new HttpRequestException($"service \"{named.Name}\" not found")
                        : new IPEndPoint(IPAddress.Loopback, context.DnsEndPoint.Port);
                    await socket.ConnectAsync(end, cancellationToken);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            },
        };
        using var http = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        using var end = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        end.CancelAfter(limit);
        using var content = new StringContent(
            new JsonObject
            {
                ["kind"] = "AdmissionReview",
                ["apiVersion"] = "admission.k8s.io/v1",
                ["request"] = request.DeepClone(),
            }.ToJsonString(), Encoding.UTF8, "application/json");
        using var response = await http.PostAsync(address, content, end.Token);
        var text = await response.Content.ReadAsStringAsync(end.Token);
        if (!response.IsSuccessStatusCode)
        {
            throw new InvalidDataException(string.Create(
                CultureInfo.InvariantCulture, $"the server answered {(int)response.StatusCode}"));
        }

        var answer = JsonNode.Parse(text)?["response"] as JsonObject ?? throw new InvalidDataException("no response in the review");
        return answer["uid"]?.GetValue<string>() == request["uid"]!.GetValue<string>()
            ? (JsonObject)answer.DeepClone()
            : throw new InvalidDataException($"expected response.uid={request["uid"]}");
    }

    private static bool LeadsTo(string bundle, X509Certificate? certificate)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.ImportFromPem(Encoding.UTF8.GetString(Convert.FromBase64String(bundle)));
        return certificate is X509Certificate2 leaf && chain.Build(leaf);
    }
}
