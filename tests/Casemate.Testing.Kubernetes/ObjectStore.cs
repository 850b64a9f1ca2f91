using System.Globalization;
using System.Text.Json.Nodes;

namespace Casemate.Testing.Kubernetes;

/// <summary>The objects, with versions, owners of fields, and the changes that watches tell.</summary>
internal sealed class ObjectStore
{
    /// <summary>A member of status that is dropped when written; null: none.</summary>
    public string? UnknownStatusMember { get; set; }

    private static readonly string[] WithStatus = ["nodes", "pods", "resourceclaims", "daemonsets", "deployments"];

    private readonly Dictionary<(string Collection, string Namespace, string Name), (JsonObject Object, FieldOwners Owners)> _objects = [];
    private readonly List<StoredChange> _changes = [];
    private long _version = 1000;
    private int _identities;

    public Lock Gate { get; } = new();

    public long Version => _version;

    /// <summary>Versions before this one cannot be watched from any more.</summary>
    public long Compacted { get; set; }

    public event Action? Changed;

    public IReadOnlyList<StoredChange> ChangesAfter(long version)
    {
        lock (Gate)
        {
            return [.. _changes.Where(change => change.Version > version)];
        }
    }

    public List<JsonObject> List(string collection, string? namespaceName)
    {
        lock (Gate)
        {
            return [.. _objects
                .Where(entry => entry.Key.Collection == collection && (namespaceName is null || entry.Key.Namespace == namespaceName))
                .OrderBy(entry => entry.Key).Select(entry => (JsonObject)entry.Value.Object.DeepClone())];
        }
    }

    public JsonObject? Find(string collection, string namespaceName, string name)
    {
        lock (Gate)
        {
            return _objects.TryGetValue((collection, namespaceName, name), out var entry) ? (JsonObject)entry.Object.DeepClone() : null;
        }
    }

    public JsonObject Create(string collection, string namespaceName, JsonObject body, FieldOwner owner)
    {
        lock (Gate)
        {
            var made = (JsonObject)body.DeepClone();
            made["metadata"] ??= new JsonObject();
            var metadata = (JsonObject)made["metadata"]!;
            if (metadata["name"] is null && metadata["generateName"]?.GetValue<string>() is { } prefix)
            {
                metadata["name"] = $"{prefix}{++_identities:x5}";
            }

            var name = metadata["name"]?.GetValue<string>() ?? throw new ApiFault(422, "Invalid", "a name is required");
            if (_objects.ContainsKey((collection, namespaceName, name)))
            {
                throw new ApiFault(409, "AlreadyExists", $"{collection} \"{name}\" already exists");
            }

            if (namespaceName.Length > 0)
            {
                metadata["namespace"] = namespaceName;
            }

            metadata["uid"] = string.Create(CultureInfo.InvariantCulture, $"00000000-0000-4000-8000-{++_identities:x12}");
            var owners = new FieldOwners();
            foreach (var path in Owned(made))
            {
                owners.Take(path, owner);
            }

            return Store("ADDED", (collection, namespaceName, name), made, owners);
        }
    }

    public JsonObject Update(
        string collection, string namespaceName, string name, string subresource, FieldOwner owner, Func<JsonObject, JsonObject> change)
    {
        lock (Gate)
        {
            var (before, owners) = Get(collection, namespaceName, name);
            var changed = change((JsonObject)before.DeepClone());
            CheckIdentity(before, changed);
            var after = Keep(collection, subresource, before, changed);
            var expected = after["metadata"]!["resourceVersion"]?.GetValue<string>();
            if (expected is not null && expected != before["metadata"]!["resourceVersion"]!.GetValue<string>())
            {
                throw new ApiFault(409, "Conflict", $"{collection} \"{name}\": the object has been modified");
            }

            var (old, now) = (FieldPaths.Leaves(before), FieldPaths.Leaves(after));
            bool IsSame(string path) => old.TryGetValue(path, out var value) && JsonNode.DeepEquals(value, now[path]);
            foreach (var path in now.Keys.Where(path => !IsOfServer(path) && !IsSame(path)))
            {
                owners.Take(path, owner);
            }

            foreach (var path in old.Keys.Except(now.Keys))
            {
                owners.Forget(path);
            }

            return Store("MODIFIED", (collection, namespaceName, name), after, owners);
        }
    }

    public JsonObject Apply(
        string collection, string namespaceName, string name, string subresource, FieldOwner owner, bool force, JsonObject body)
    {
        lock (Gate)
        {
            if (!_objects.ContainsKey((collection, namespaceName, name)))
            {
                return subresource.Length == 0 && body["metadata"]?["uid"] is null
                    ? Create(collection, namespaceName, body, owner)
                    : throw new ApiFault(409, "Conflict", $"{collection} \"{name}\": the UID in the precondition is of no existing object");
            }

            var (before, owners) = Get(collection, namespaceName, name);
            CheckIdentity(before, body);
            var after = (JsonObject)before.DeepClone();
            var (old, wanted) = (FieldPaths.Leaves(before), FieldPaths.Leaves(body));
            var paths = wanted.Keys.Where(path => !IsOfServer(path) && path is not ("f:apiVersion" or "f:kind")).ToList();
            foreach (var path in paths)
            {
                var same = old.TryGetValue(path, out var value) && JsonNode.DeepEquals(value, wanted[path]);
                if (!same && !force && owners.Others(path, owner).FirstOrDefault() is { } other)
                {
                    throw new ApiFault(409, "Conflict", $"conflict with \"{other}\": {path.Replace(FieldPaths.Separator, '.')}");
                }

                FieldPaths.Set(after, path, wanted[path]);
                if (same)
                {
                    owners.Share(path, owner);
                }
                else
                {
                    owners.Take(path, owner);
                }
            }

            foreach (var path in owners.PathsOf(owner).Except(paths).ToList())
            {
                if (owners.Release(path, owner))
                {
                    FieldPaths.Remove(after, path);
                }
            }

            return Store("MODIFIED", (collection, namespaceName, name), Keep(collection, subresource, before, after), owners);
        }
    }

    public JsonObject Delete(string collection, string namespaceName, string name, string? uid)
    {
        lock (Gate)
        {
            var (existing, _) = Get(collection, namespaceName, name);
            if (uid is not null && uid != existing["metadata"]!["uid"]!.GetValue<string>())
            {
                throw new ApiFault(409, "Conflict", "the UID in the precondition does not match");
            }

            _objects.Remove((collection, namespaceName, name));
            var last = (JsonObject)existing.DeepClone();
            last["metadata"]!["resourceVersion"] = (++_version).ToString(CultureInfo.InvariantCulture);
            _changes.Add(new StoredChange(_version, "DELETED", collection, last));
            Changed?.Invoke();
            return last;
        }
    }

    private (JsonObject Object, FieldOwners Owners) Get(string collection, string namespaceName, string name) =>
        _objects.TryGetValue((collection, namespaceName, name), out var entry)
            ? entry
            : throw new ApiFault(404, "NotFound", $"{collection} \"{name}\" not found");

    private JsonObject Store(string type, (string Collection, string Namespace, string Name) key, JsonObject value, FieldOwners owners)
    {
        // As the real one: what changes nothing makes no new version.
        if (_objects.TryGetValue(key, out var existing) && SameButForServer(existing.Object, value))
        {
            return (JsonObject)existing.Object.DeepClone();
        }

        var metadata = (JsonObject)value["metadata"]!;
        metadata["resourceVersion"] = (++_version).ToString(CultureInfo.InvariantCulture);
        metadata["managedFields"] = owners.Render();
        _objects[key] = (value, owners);
        _changes.Add(new StoredChange(_version, type, key.Collection, (JsonObject)value.DeepClone()));
        Changed?.Invoke();
        return (JsonObject)value.DeepClone();
    }

    private static void CheckIdentity(JsonObject before, JsonObject after)
    {
        if (after["metadata"]?["uid"] is { } uid && uid.GetValue<string>() != before["metadata"]!["uid"]!.GetValue<string>())
        {
            throw new ApiFault(409, "Conflict", "Precondition failed: UID in precondition is of another object");
        }
    }

    private static bool SameButForServer(JsonObject left, JsonObject right)
    {
        var (l, r) = ((JsonObject)left.DeepClone(), (JsonObject)right.DeepClone());
        foreach (var side in (JsonObject[])[l, r])
        {
            ((JsonObject)side["metadata"]!).Remove("resourceVersion");
            ((JsonObject)side["metadata"]!).Remove("managedFields");
        }

        return JsonNode.DeepEquals(l, r);
    }

    // A write to the object leaves its status alone, and one to the status everything else.
    private JsonObject Keep(string collection, string subresource, JsonObject before, JsonObject after)
    {
        var plural = collection[(collection.LastIndexOf('/') + 1)..];
        if (subresource == "status")
        {
            var kept = (JsonObject)before.DeepClone();
            kept["status"] = after["status"]?.DeepClone();
            if (UnknownStatusMember is { } unknown)
            {
                (kept["status"] as JsonObject)?.Remove(unknown);
            }

            kept["metadata"]!["resourceVersion"] = after["metadata"]?["resourceVersion"]?.DeepClone();
            return kept;
        }

        if (WithStatus.Contains(plural))
        {
            if (before["status"] is null)
            {
                after.Remove("status");
            }
            else
            {
                after["status"] = before["status"]!.DeepClone();
            }
        }

        return after;
    }

    private static IEnumerable<string> Owned(JsonObject value) =>
        FieldPaths.Leaves(value).Keys.Where(path => !IsOfServer(path) && path is not ("f:apiVersion" or "f:kind"));

    private static bool IsOfServer(string path)
    {
        var prefix = "f:metadata" + FieldPaths.Separator;
        return path.StartsWith(prefix, StringComparison.Ordinal) && path[prefix.Length..].Split(FieldPaths.Separator)[0] is
            ("f:name" or "f:namespace" or "f:uid" or "f:resourceVersion" or "f:managedFields" or "f:creationTimestamp");
    }
}
