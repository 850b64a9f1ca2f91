using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Casemate.Testing.Registry;

public sealed partial class TestRegistry
{
    private int _uploads;

    [GeneratedRegex("^/v2/(?<name>.+)/(?<kind>manifests|blobs|referrers|tags)/(?<rest>uploads/.*|[^/]+)$")]
    private static partial Regex Route();

    private Answer Handle(LoggedRequest request, byte[] body, bool isWhole, RegistryFault? fault)
    {
        if (fault?.Status is { } status)
        {
            return new Answer(status) { Body = fault.Body ?? [] };
        }

        if (request.Path == "/token")
        {
            return GiveToken(request, body);
        }

        if (request.Path.StartsWith("/storage/", StringComparison.Ordinal) && _options.StorageOf is { } other)
        {
            var found = other._repositories.Values.Select(r => r.BlobsByDigest.GetValueOrDefault(request.Path[9..])).FirstOrDefault(b => b is not null);
            return found is null ? new Answer(404) : Content(request, found, fault);
        }

        if (RefuseUnauthorized(request) is { } refusal)
        {
            return refusal;
        }

        if (request.Path is "/v2/" or "/v2")
        {
            return Answer.Json(200, "{}").With("Docker-Distribution-Api-Version", "registry/2.0");
        }

        if (Route().Match(request.Path) is not { Success: true } match)
        {
            return new Answer(404);
        }

        var repository = Repository(match.Groups["name"].Value);
        var rest = match.Groups["rest"].Value;
        return match.Groups["kind"].Value switch
        {
            "manifests" => HandleManifest(request, repository, rest, body),
            "blobs" when rest.StartsWith("uploads/", StringComparison.Ordinal) =>
                HandleUpload(request, match.Groups["name"].Value, repository, rest[8..], body, isWhole, fault),
            "blobs" => HandleBlob(request, repository, rest, fault),
            "tags" => ListTags(request, match.Groups["name"].Value, repository),
            _ => ListReferrers(request, repository, rest),
        };
    }

    private Answer HandleManifest(LoggedRequest request, TestRepository repository, string reference, byte[] body)
    {
        var isDigest = reference.StartsWith("sha256:", StringComparison.Ordinal);
        if (request.Method == "PUT")
        {
            if (isDigest && DigestOf(body) != reference)
            {
                return Answer.Error(400, "DIGEST_INVALID", "provided digest did not match uploaded content");
            }

            if (MissingOf(repository, body) is { } missing)
            {
                return Answer.Error(400, "MANIFEST_BLOB_UNKNOWN", $"blob unknown to registry: {missing}");
            }

            var digest = repository.AddManifest(request.Header("Content-Type")!, body, isDigest ? null : reference);
            var answer = new Answer(201).With("Docker-Content-Digest", digest).With("Location", $"{request.Path}");
            return SubjectOf(body) is { } subject && _options.HasReferrers ? answer.With("OCI-Subject", subject) : answer;
        }

        var wanted = isDigest ? reference : repository.DigestsByTag.GetValueOrDefault(reference, "");
        return repository.ManifestsByDigest.TryGetValue(wanted, out var found)
            ? new Answer(200) { Body = found.Content }.With("Content-Type", found.MediaType).With("Docker-Content-Digest", wanted)
            : Answer.Error(404, "MANIFEST_UNKNOWN", "manifest unknown");
    }

    private Answer HandleBlob(LoggedRequest request, TestRepository repository, string digest, RegistryFault? fault)
    {
        if (!repository.BlobsByDigest.TryGetValue(digest, out var content))
        {
            return Answer.Error(404, "BLOB_UNKNOWN", "blob unknown to registry");
        }

        return _options.BlobStorage is { } storage && request.Method == "GET"
            ? new Answer(307).With("Location", $"{storage}{digest}?signature=of-the-storage")
            : Content(request, content, fault).With("Docker-Content-Digest", digest);
    }

    private static Answer Content(LoggedRequest request, byte[] content, RegistryFault? fault)
    {
        var range = request.Header("Range");
        if (range is null || fault is { IgnoreRange: true })
        {
            return new Answer(200) { Body = content }.With("Content-Type", "application/octet-stream");
        }

        var from = int.Parse(range["bytes=".Length..].Split('-')[0], CultureInfo.InvariantCulture);
        return from >= content.Length
            ? new Answer(416)
            : new Answer(206) { Body = content[from..] }.With("Content-Range", $"bytes {from}-{content.Length - 1}/{content.Length}");
    }

    private Answer HandleUpload(
        LoggedRequest request, string name, TestRepository repository, string id, byte[] body, bool isWhole, RegistryFault? fault)
    {
        var query = Query(request.Query);
        if (request.Method == "POST")
        {
            return StartUpload(name, repository, query);
        }

        if (fault is { ForgetUpload: true })
        {
            repository.Uploads.Remove(id);
        }

        if (!repository.Uploads.TryGetValue(id, out var upload))
        {
            return Answer.Error(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry");
        }

        if (request.Method == "DELETE")
        {
            repository.Uploads.Remove(id);
            return new Answer(204);
        }

        if (request.Method is "PATCH" or "PUT")
        {
            if (request.Header("Content-Range") is { } range && !range.StartsWith($"{upload.Length}-", StringComparison.Ordinal))
            {
                request.Received = 0;
                return UploadState(new Answer(416), name, id, upload);
            }

            upload.Write(body);
        }

        if (request.Method != "PUT" || !isWhole)
        {
            return UploadState(new Answer(request.Method == "GET" ? 204 : 202), name, id, upload);
        }

        repository.Uploads.Remove(id);
        var digest = query["digest"];
        if (DigestOf(upload.ToArray()) != digest)
        {
            return Answer.Error(400, "DIGEST_INVALID", "provided digest did not match uploaded content");
        }

        repository.AddBlob(upload.ToArray());
        return new Answer(201).With("Location", $"/v2/{name}/blobs/{digest}").With("Docker-Content-Digest", digest);
    }

    private Answer StartUpload(string name, TestRepository repository, Dictionary<string, string> query)
    {
        if (query.TryGetValue("mount", out var mounted) && _options.Mounts && query.TryGetValue("from", out var from)
            && Repository(from).BlobsByDigest.TryGetValue(mounted, out var content))
        {
            repository.AddBlob(content);
            return new Answer(201).With("Location", $"/v2/{name}/blobs/{mounted}").With("Docker-Content-Digest", mounted);
        }

        var id = $"upload-{++_uploads}";
        repository.Uploads[id] = new MemoryStream();
        var answer = UploadState(new Answer(202), name, id, repository.Uploads[id]);
        return _options.MinimumChunk > 0 ? answer.With("OCI-Chunk-Min-Length", $"{_options.MinimumChunk}") : answer;
    }

    // The address changes with every answer, as with registries that keep their state in it.
    private static Answer UploadState(Answer answer, string name, string id, MemoryStream upload) => answer
        .With("Location", $"/v2/{name}/blobs/uploads/{id}?_state=at-{upload.Length}")
        .With("Docker-Upload-UUID", id)
        .With("Range", $"0-{Math.Max(upload.Length - 1, 0)}");

    private Answer ListTags(LoggedRequest request, string name, TestRepository repository)
    {
        var query = Query(request.Query);
        var last = query.GetValueOrDefault("last", "");
        var rest = repository.DigestsByTag.Keys.Where(tag => string.CompareOrdinal(tag, last) > 0).ToList();
        var page = rest.Take(_options.PageSize).ToList();
        var answer = Answer.Json(200, new JsonObject
        {
            ["name"] = name,
            ["tags"] = new JsonArray([.. page.Select(tag => (JsonNode)tag)]),
        }.ToJsonString());
        return rest.Count > page.Count ? answer.With("Link", $"</v2/{name}/tags/list?last={page[^1]}&n={_options.PageSize}>; rel=\"next\"") : answer;
    }

    private Answer ListReferrers(LoggedRequest request, TestRepository repository, string subject)
    {
        if (!_options.HasReferrers)
        {
            return new Answer(404);
        }

        var query = Query(request.Query);
        var entries = repository.ManifestsByDigest.Where(entry => SubjectOf(entry.Value.Content) == subject).Select(Entry).ToList();
        var isFiltered = query.TryGetValue("artifactType", out var type) && _options.FiltersReferrers;
        if (isFiltered)
        {
            entries = [.. entries.Where(entry => (string?)entry["artifactType"] == type)];
        }

        var skip = int.Parse(query.GetValueOrDefault("skip", "0"), CultureInfo.InvariantCulture);
        var page = entries.Skip(skip).Take(_options.PageSize).ToList();
        var answer = Answer.Json(200, new JsonObject
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = "application/vnd.oci.image.index.v1+json",
            ["manifests"] = new JsonArray([.. page]),
        }.ToJsonString(), "application/vnd.oci.image.index.v1+json");
        if (isFiltered)
        {
            answer.With("OCI-Filters-Applied", "artifactType");
        }

        return entries.Count > skip + page.Count ? answer.With("Link", $"<{request.Path}?skip={skip + page.Count}>; rel=\"next\"") : answer;
    }

    private static JsonObject Entry(KeyValuePair<string, (string MediaType, byte[] Content)> manifest)
    {
        var content = JsonNode.Parse(manifest.Value.Content)!;
        var entry = new JsonObject
        {
            ["mediaType"] = manifest.Value.MediaType,
            ["digest"] = manifest.Key,
            ["size"] = manifest.Value.Content.Length,
            ["artifactType"] = (string?)content["artifactType"] ?? (string?)content["config"]?["mediaType"],
        };
        if (content["annotations"] is { } annotations)
        {
            entry["annotations"] = annotations.DeepClone();
        }

        return entry;
    }

    private static string? SubjectOf(byte[] manifest) => (string?)JsonNode.Parse(manifest)?["subject"]?["digest"];

    // A registry refuses a manifest that names what it does not have; of its subject it need not have anything.
    private static string? MissingOf(TestRepository repository, byte[] manifest)
    {
        var document = JsonNode.Parse(manifest)!;
        var blobs = new[] { document["config"] }.Concat(document["layers"]?.AsArray() ?? []).OfType<JsonNode>().Select(node => (string)node["digest"]!);
        var manifests = (document["manifests"]?.AsArray() ?? []).OfType<JsonNode>().Select(node => (string)node["digest"]!);
        return blobs.FirstOrDefault(digest => !repository.BlobsByDigest.ContainsKey(digest))
            ?? manifests.FirstOrDefault(digest => !repository.ManifestsByDigest.ContainsKey(digest));
    }

    private static Dictionary<string, string> Query(string query)
    {
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var pair in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = pair.IndexOf('=');
            var (name, value) = equals < 0 ? (pair, "") : (pair[..equals], Uri.UnescapeDataString(pair[(equals + 1)..].Replace('+', ' ')));
            found[name] = found.TryGetValue(name, out var before) ? $"{before} {value}" : value;
        }

        return found;
    }
}
