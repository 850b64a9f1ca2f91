using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Casemate.Testing.Kubernetes;

public sealed partial class TestApiServer
{
    /// <summary>Where a request points to.</summary>
    private sealed record Place(string Collection, string? Namespace, string? Name, string Subresource);

    private async Task HandleAsync(HttpContext context)
    {
        var body = await new StreamReader(context.Request.Body).ReadToEndAsync();
        var authorization = context.Request.Headers.Authorization.ToString();
        var request = new ApiRequest(
            context.Request.Method, context.Request.Path.Value!.TrimStart('/'),
            context.Request.Query.ToDictionary(pair => pair.Key, pair => pair.Value.ToString()),
            (context.Request.ContentType ?? "").Split(';')[0], body,
            authorization.StartsWith("Bearer ", StringComparison.Ordinal) ? authorization["Bearer ".Length..] : null)
        {
            Subject = context.Connection.ClientCertificate?.Subject,
        };
        _requests.Enqueue(request);
        try
        {
            ThrowFault(request, afterWork: false);
            await HeldAsync(request, context.RequestAborted);
            if (AcceptedToken is not null && request.Token != AcceptedToken)
            {
                throw new ApiFault(401, "Unauthorized", "Unauthorized");
            }

            if (Schema is { } schema && request.Path == "openapi/v2")
            {
                context.Response.ContentType = OpenApiDocument.ContentType;
                await context.Response.Body.WriteAsync(OpenApiDocument.Of(schema));
                return;
            }

            if (DiscoveryDocument(request, context.Request.Headers.Accept.ToString()) is { } document)
            {
                await AnswerAsync(context, 200, document);
                return;
            }

            var place = Locate(request.Path);
            Authorize(request, place);
            ThrowUnserved(place);
            if (request.IsWatch)
            {
                await WatchAsync(context, request, place);
            }
            else if (place is { Subresource: "log", Name: not null })
            {
                context.Response.ContentType = "text/plain";
                await context.Response.WriteAsync(ReadLog(request, place));
            }
            else
            {
                var answer = Review(request, place) ?? await WriteAsync(request, place, context.Response);
                if (request.Method != "GET")
                {
                    PlayControllers();
                }

                ThrowFault(request, afterWork: true);
                await AnswerAsync(context, request.Method == "POST" ? 201 : 200, answer);
            }
        }
        catch (ApiFault fault) when (fault.Code == 0)
        {
            context.Abort();
        }
        catch (ApiFault fault)
        {
            if (fault.RetryAfterSeconds is { } seconds)
            {
                context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
            }

            await AnswerAsync(context, fault.Code, Status(fault));
        }
        finally
        {
            Pulse();
        }
    }

    private void ThrowFault(ApiRequest request, bool afterWork)
    {
        lock (_faults)
        {
            if (_faults.FirstOrDefault(fault => fault.Left > 0 && fault.What.AfterWork == afterWork && fault.Applies(request)) is { } fault)
            {
                fault.Left--;
                throw fault.What;
            }
        }
    }

    private static Place Locate(string path)
    {
        var parts = path.Split('/').Select(Uri.UnescapeDataString).ToArray();
        var group = parts[0] == "api" ? 2 : 3;
        if (parts[0] is not ("api" or "apis") || parts.Length <= group)
        {
            throw new ApiFault(404, "NotFound", "the server could not find the requested resource");
        }

        var prefix = string.Join('/', parts[..group]);
        var rest = parts[group..];
        return rest is ["namespaces", var namespaceName, not ("status" or "finalize"), ..]
            ? new Place($"{prefix}/{rest[2]}", namespaceName, rest.ElementAtOrDefault(3), rest.ElementAtOrDefault(4) ?? "")
            : new Place($"{prefix}/{rest[0]}", null, rest.ElementAtOrDefault(1), rest.ElementAtOrDefault(2) ?? "");
    }

    // What is asked, judged by webhooks where some are configured; a dry run keeps nothing.
    private async Task<JsonObject> WriteAsync(ApiRequest request, Place place, HttpResponse response)
    {
        if (request.Method == "GET")
        {
            return Answer(request, place, request.Body);
        }

        var isDry = request.Query.GetValueOrDefault("dryRun") == "All";
        var before = place.Name is null ? null : _store.Find(place.Collection, place.Namespace ?? "", place.Name);
        var body = request.Body;
        JsonObject? admitted = null;
        if (HasWebhooks && request.Method is "POST" && place.Name is null)
        {
            admitted = await AdmitAsync("CREATE", request, place, (JsonObject)JsonNode.Parse(body)!, null, isDry, response);
            body = admitted.ToJsonString();
        }
        else if (HasWebhooks && (request.Method != "DELETE" || before is not null))
        {
            var candidate = request.Method == "DELETE" ? null : _store.Try(() => Answer(request, place, request.Body));
            admitted = await AdmitAsync(
                request.Method == "DELETE" ? "DELETE" : before is null ? "CREATE" : "UPDATE", request, place, candidate ?? before!, before,
                isDry, response);
            if (request.Method != "DELETE" && !JsonNode.DeepEquals(candidate, admitted))
            {
                return WithAdmitted(() => Answer(request, place, request.Body), place, admitted, isDry);
            }
        }

        return isDry ? _store.Try(() => Answer(request, place, body)) : Answer(request, place, body);
    }

    // The webhooks' changes are the webhooks' own: they are written after the requester's.
    private JsonObject WithAdmitted(Func<JsonObject> write, Place place, JsonObject admitted, bool isDry)
    {
        if (isDry)
        {
            _store.Try(write);
            return admitted;
        }

        var written = write();
        return _store.Update(
            place.Collection, place.Namespace ?? "", written["metadata"]!["name"]!.GetValue<string>(), place.Subresource,
            new FieldOwner("admission", "Update", place.Subresource), now =>
            {
                var wanted = (JsonObject)admitted.DeepClone();
                foreach (var name in (string[])["resourceVersion", "uid", "managedFields"])
                {
                    ((JsonObject)wanted["metadata"]!).Remove(name);
                    if (now["metadata"]![name] is { } kept)
                    {
                        wanted["metadata"]![name] = kept.DeepClone();
                    }
                }

                return wanted;
            });
    }

    private JsonObject Answer(ApiRequest request, Place place, string body)
    {
        var (collection, namespaceName, name) = (place.Collection, place.Namespace ?? "", place.Name ?? "");
        var manager = request.Query.GetValueOrDefault("fieldManager", "unknown");
        var owner = new FieldOwner(manager, request.ContentType == "application/apply-patch+yaml" ? "Apply" : "Update", place.Subresource);
        return (request.Method, place.Name) switch
        {
            ("GET", null) => ListPage(request, place),
            ("GET", _) => _store.Find(collection, namespaceName, name)
                ?? throw new ApiFault(404, "NotFound", $"{collection} \"{name}\" not found"),
            ("POST", _) => _store.Create(collection, namespaceName, (JsonObject)JsonNode.Parse(body)!, owner),
            ("PUT", _) => _store.Update(
                collection, namespaceName, name, place.Subresource, owner, _ => (JsonObject)JsonNode.Parse(body)!),
            ("PATCH", _) when owner.Operation == "Apply" => _store.Apply(
                collection, namespaceName, name, place.Subresource, owner, request.Query.GetValueOrDefault("force") == "true",
                (JsonObject)JsonNode.Parse(body)!),
            ("PATCH", _) => _store.Update(
                collection, namespaceName, name, place.Subresource, owner,
                before => PatchRules.Apply(before, request.ContentType, body)),
            ("DELETE", _) => DeleteObject(collection, namespaceName, name, body.Length > 0 ? JsonNode.Parse(body) : null),
            _ => throw new ApiFault(405, "MethodNotAllowed", "no such method"),
        };
    }

    private JsonObject DeleteObject(string collection, string namespaceName, string name, JsonNode? options) => _store.Delete(
        collection, namespaceName, name, options?["preconditions"]?["uid"]?.GetValue<string>(),
        options?["preconditions"]?["resourceVersion"]?.GetValue<string>(), options?["propagationPolicy"]?.GetValue<string>());

    private JsonObject ListPage(ApiRequest request, Place place)
    {
        var version = _store.Version;
        var all = _store.List(place.Collection, place.Namespace).Where(item => Selects(request, item)).ToList();
        var (start, size) = (0, int.Parse(request.Query.GetValueOrDefault("limit", "1000000"), CultureInfo.InvariantCulture));
        if (request.Query.TryGetValue("continue", out var token))
        {
            var parts = token.Split('@');
            (start, version) = (int.Parse(parts[0], CultureInfo.InvariantCulture), long.Parse(parts[1], CultureInfo.InvariantCulture));
            if (version < _store.Compacted)
            {
                throw new ApiFault(410, "Expired", "The provided continue parameter is too old");
            }
        }

        var page = all.Skip(start).Take(size).ToList();
        var metadata = new JsonObject { ["resourceVersion"] = version.ToString(CultureInfo.InvariantCulture) };
        if (start + page.Count < all.Count || ListsHaveNoEnd)
        {
            metadata["continue"] = $"{start + (page.Count > 0 ? page.Count : 1)}@{version}";
        }

        return new JsonObject { ["kind"] = "List", ["apiVersion"] = "v1", ["metadata"] = metadata, ["items"] = new JsonArray([.. page]) };
    }

    private async Task WatchAsync(HttpContext context, ApiRequest request, Place place)
    {
        var sent = long.Parse(request.Query.GetValueOrDefault("resourceVersion", "0"), CultureInfo.InvariantCulture);
        if (sent < _store.Compacted)
        {
            await WriteEventAsync(context, "ERROR", Status(new ApiFault(410, "Expired", $"too old resource version: {sent}")));
            return;
        }

        var control = _watches;
        var bookmarks = Interlocked.Read(ref _bookmarks);
        await context.Response.StartAsync();
        await context.Response.Body.FlushAsync();
        Interlocked.Increment(ref _openWatches);
        Pulse();
        try
        {
            while (!_stopping.IsCancellationRequested && !context.RequestAborted.IsCancellationRequested)
            {
                var pulse = Volatile.Read(ref _pulse).Task;
                foreach (var change in _store.ChangesAfter(sent))
                {
                    sent = change.Version;
                    if (change.Collection == place.Collection && Selects(request, change.Object)
                        && (place.Namespace is null || change.Object["metadata"]!["namespace"]?.GetValue<string>() == place.Namespace))
                    {
                        await WriteEventAsync(context, change.Type, change.Object);
                    }
                }

                if (Interlocked.Read(ref _bookmarks) != bookmarks)
                {
                    bookmarks = Interlocked.Read(ref _bookmarks);
                    await WriteEventAsync(context, "BOOKMARK", new JsonObject
                    {
                        ["metadata"] = new JsonObject { ["resourceVersion"] = _store.Version.ToString(CultureInfo.InvariantCulture) },
                    });
                }

                var stopped = Task.Delay(Timeout.Infinite, _stopping.Token);
                var gone = Task.Delay(Timeout.Infinite, context.RequestAborted);
                if (await Task.WhenAny(pulse, control.Ended.Task, stopped, gone) == control.Ended.Task)
                {
                    if (await control.Ended.Task)
                    {
                        await context.Response.WriteAsync("{\"type\":\"MODIFIED\",\"object\":{\"metadata\":");
                        await context.Response.Body.FlushAsync();
                        context.Abort();
                    }

                    return;
                }
            }
        }
        finally
        {
            Interlocked.Decrement(ref _openWatches);
        }
    }

    private async Task WriteEventAsync(HttpContext context, string type, JsonObject value)
    {
        var line = Encoding.UTF8.GetBytes(new JsonObject { ["type"] = type, ["object"] = value.DeepClone() }.ToJsonString() + "\n");
        for (var at = 0; at < line.Length; at += Trickle ? 1 : line.Length)
        {
            await context.Response.Body.WriteAsync(line.AsMemory(at, Trickle ? 1 : line.Length));
            await context.Response.Body.FlushAsync();
        }
    }

    private static bool Selects(ApiRequest request, JsonObject item)
    {
        foreach (var term in request.Query.GetValueOrDefault("fieldSelector", "").Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var (path, value) = (term.Split('=')[0], term.Split('=')[^1]);
            if (path.Split('.').Aggregate((JsonNode?)item, (at, part) => at?[part])?.GetValue<string>() != value)
            {
                return false;
            }
        }

        foreach (var term in request.Query.GetValueOrDefault("labelSelector", "").Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var (key, isNot) = (term.Split('=', '!')[0], term.Contains("!=", StringComparison.Ordinal));
            var value = item["metadata"]!["labels"]?[key.Length > 0 ? key : term[1..]]?.GetValue<string>();
            var holds = term.StartsWith('!') ? value is null
                : !term.Contains('=') ? value is not null
                : value == term.Split('=')[^1] != isNot;
            if (!holds)
            {
                return false;
            }
        }

        return true;
    }

    private static JsonObject Status(ApiFault fault) => new()
    {
        ["details"] = new JsonObject
        {
            ["causes"] = new JsonArray([.. fault.Causes.Select(cause =>
                new JsonObject { ["reason"] = cause.Reason, ["field"] = cause.Field, ["message"] = cause.Message })]),
        },
        ["kind"] = "Status",
        ["apiVersion"] = "v1",
        ["metadata"] = new JsonObject(),
        ["status"] = "Failure",
        ["message"] = fault.Message,
        ["reason"] = fault.Reason,
        ["code"] = fault.Code,
    };

    private static async Task AnswerAsync(HttpContext context, int code, JsonObject body)
    {
        context.Response.StatusCode = code;
        // Clients look at the type, not at the kind, for whether they got the aggregated form.
        context.Response.ContentType = (body["kind"] as JsonValue)?.GetValue<string>() == "APIGroupDiscoveryList"
            ? "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList" : "application/json";
        await context.Response.WriteAsync(body.ToJsonString());
    }
}
