using System.Globalization;
using System.Text.Json.Nodes;

namespace Casemate.Testing.Kubernetes;

/// <summary>The objects, with versions, owners of fields, and the changes that watches tell.</summary>
internal sealed class ObjectStore
{
    /// <summary>A member of status that is dropped when written; null: none.</summary>
    public string? UnknownStatusMember { get; set; }

    private static readonly string[] WithStatus =
    [
        "nodes", "pods", "resourceclaims", "daemonsets", "deployments", "statefulsets", "jobs", "namespaces", "customresourcedefinitions",
        "apiservices",
    ];

    private static readonly string[] WithGeneration = ["daemonsets", "deployments", "statefulsets", "jobs"];

    private readonly Dictionary<(string Collection, string Namespace, string Name), (JsonObject Object, FieldOwners Owners)> _objects = [];
    private readonly List<StoredChange> _changes = [];
    private long _version = 1000;
    private int _identities;
    private bool _isDry;

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

    /// <summary>Does what is asked and keeps nothing of it.</summary>
    public JsonObject Try(Func<JsonObject> work)
    {
        lock (Gate)
        {
            _isDry = true;
            try
            {
                return work();
            }
            finally
            {
                _isDry = false;
            }
        }
    }

    /// <summary>Whether a namespace that objects are made in must be there.</summary>
    public bool RequireNamespaces { get; set; }

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

            var owned = Owned(made).ToList();
            var name = metadata["name"]?.GetValue<string>() ?? throw new ApiFault(422, "Invalid", "a name is required");
            if (_objects.ContainsKey((collection, namespaceName, name)))
            {
                throw new ApiFault(409, "AlreadyExists", $"{collection} \"{name}\" already exists");
            }

            if (namespaceName.Length > 0)
            {
                metadata["namespace"] = namespaceName;
                if (RequireNamespaces && namespaceName is not ("default" or "kube-system")
                    && !_objects.ContainsKey(("api/v1/namespaces", "", namespaceName)))
                {
                    throw new ApiFault(404, "NotFound", $"namespaces \"{namespaceName}\" not found");
                }
            }

            if (collection == "api/v1/namespaces")
            {
                metadata["labels"] ??= new JsonObject();
                metadata["labels"]!["kubernetes.io/metadata.name"] = name;
            }

            if (WithGeneration.Contains(PluralOf(collection)))
            {
                metadata["generation"] = 1;
            }

            metadata["uid"] = string.Create(CultureInfo.InvariantCulture, $"00000000-0000-4000-8000-{++_identities:x12}");
            var owners = new FieldOwners();
            foreach (var path in owned)
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
            var (before, stored) = Get(collection, namespaceName, name);
            var owners = stored.Clone();
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

            // As the real one: who writes managedFields says whose fields are remembered; who leaves them out says nothing.
            if (changed["metadata"]!["managedFields"] is JsonArray { Count: > 0 } named)
            {
                owners.KeepNamed(named, owner);
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

            var (before, stored) = Get(collection, namespaceName, name);
            var owners = stored.Clone();
            CheckIdentity(before, body);
            var after = (JsonObject)before.DeepClone();
            var (old, wanted) = (FieldPaths.Leaves(before), FieldPaths.Leaves(body));
            var paths = wanted.Keys.Where(path => !IsOfServer(path) && path is not ("f:apiVersion" or "f:kind")).ToList();
            var taken = paths.Where(path => !force && !(old.TryGetValue(path, out var value) && JsonNode.DeepEquals(value, wanted[path])))
                .SelectMany(path => owners.Others(path, owner).Distinct().Select(other => (Path: path, Manager: other))).ToList();
            if (taken.Count > 0)
            {
                throw new ApiFault(
                    409, "Conflict", $"Apply failed with {taken.Count} conflict{(taken.Count > 1 ? "s" : "")}: conflicts with "
                        + string.Join(", ", taken.Select(one => $"\"{one.Manager}\": {Dotted(one.Path)}")))
                {
                    Causes = [.. taken.Select(one => (
                        "FieldManagerConflict", Dotted(one.Path), $"conflict with \"{one.Manager}\" using v1"))],
                };
            }

            foreach (var path in paths)
            {
                var same = old.TryGetValue(path, out var value) && JsonNode.DeepEquals(value, wanted[path]);
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

    public JsonObject Delete(
        string collection, string namespaceName, string name, string? uid, string? version = null, string? propagation = null)
    {
        lock (Gate)
        {
            var (existing, owners) = Get(collection, namespaceName, name);
            var metadata = existing["metadata"]!;
            if ((uid is not null && uid != metadata["uid"]!.GetValue<string>())
                || (version is not null && version != metadata["resourceVersion"]!.GetValue<string>()))
            {
                throw new ApiFault(409, "Conflict", "the precondition does not match");
            }

            if (_isDry)
            {
                return (JsonObject)existing.DeepClone();
            }

            if (collection == "api/v1/namespaces")
            {
                foreach (var inside in _objects.Keys.Where(key => key.Namespace == name).ToList())
                {
                    if (_objects.ContainsKey(inside))
                    {
                        Delete(inside.Collection, inside.Namespace, inside.Name, null);
                    }
                }
            }

            if (IsHeld(collection, existing))
            {
                var ending = (JsonObject)existing.DeepClone();
                ending["metadata"]!["deletionTimestamp"] ??= "2026-01-01T00:00:00Z";
                if (collection == "api/v1/namespaces")
                {
                    ending["status"] = new JsonObject { ["phase"] = "Terminating" };
                }

                return Store("MODIFIED", (collection, namespaceName, name), ending, owners);
            }

            return Remove((collection, namespaceName, name), existing, propagation != "Orphan");
        }
    }

    // A finalizer holds an object, and what is left in it holds a namespace.
    private bool IsHeld(string collection, JsonObject value) =>
        value["metadata"]!["finalizers"] is JsonArray { Count: > 0 }
        || (collection == "api/v1/namespaces" && _objects.Keys.Any(key => key.Namespace == value["metadata"]!["name"]!.GetValue<string>()));

    private JsonObject Remove((string Collection, string Namespace, string Name) key, JsonObject existing, bool withDependents)
    {
        _objects.Remove(key);
        var last = (JsonObject)existing.DeepClone();
        last["metadata"]!["resourceVersion"] = (++_version).ToString(CultureInfo.InvariantCulture);
        _changes.Add(new StoredChange(_version, "DELETED", key.Collection, last));
        var identity = existing["metadata"]!["uid"]!.GetValue<string>();
        foreach (var (dependent, entry) in _objects.ToList())
        {
            var isOwned = entry.Object["metadata"]!["ownerReferences"] is JsonArray references
                && references.Any(reference => reference?["uid"]?.GetValue<string>() == identity);
            if (withDependents && isOwned && _objects.ContainsKey(dependent))
            {
                Delete(dependent.Collection, dependent.Namespace, dependent.Name, null);
            }
        }

        if (key.Namespace.Length > 0 && _objects.TryGetValue(("api/v1/namespaces", "", key.Namespace), out var space)
            && space.Object["metadata"]!["deletionTimestamp"] is not null && !IsHeld("api/v1/namespaces", space.Object))
        {
            Remove(("api/v1/namespaces", "", key.Namespace), space.Object, withDependents: true);
        }

        Changed?.Invoke();
        return last;
    }

    private static string PluralOf(string collection) => collection[(collection.LastIndexOf('/') + 1)..];

    // As the server shows paths: .spec.replicas
    private static string Dotted(string path) => string.Concat(
        path.Split(FieldPaths.Separator)
            .Select(part => part.StartsWith("k:", StringComparison.Ordinal) ? $"[{part[3..^1]}]" : $".{part[2..]}"));

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

        // As the real one: a workload that had containers cannot lose them.
        if (existing.Object is { } had && HasContainers(had) && !HasContainers(value))
        {
            throw new ApiFault(
                422, "Invalid", $"{PluralOf(key.Collection)} \"{key.Name}\" is invalid: spec.template.spec.containers: Required value");
        }

        var metadata = (JsonObject)value["metadata"]!;
        if (existing.Object is { } before && WithGeneration.Contains(PluralOf(key.Collection))
            && !JsonNode.DeepEquals(before["spec"], value["spec"]))
        {
            metadata["generation"] = before["metadata"]!["generation"]!.GetValue<int>() + 1;
        }

        if (_isDry)
        {
            metadata["managedFields"] = owners.Render();
            return (JsonObject)value.DeepClone();
        }

        metadata["resourceVersion"] = (++_version).ToString(CultureInfo.InvariantCulture);
        metadata["managedFields"] = owners.Render();
        _objects[key] = (value, owners);
        _changes.Add(new StoredChange(_version, type, key.Collection, (JsonObject)value.DeepClone()));
        if (type == "MODIFIED" && metadata["deletionTimestamp"] is not null && !IsHeld(key.Collection, value))
        {
            return Remove(key, value, withDependents: true);
        }

        Changed?.Invoke();
        return (JsonObject)value.DeepClone();
    }

    private static bool HasContainers(JsonObject value) => value["spec"] is JsonObject spec && spec["template"] is JsonObject template
        && template["spec"] is JsonObject pod && pod["containers"] is JsonArray { Count: > 0 };

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
        var plural = PluralOf(collection);
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
            ("f:name" or "f:namespace" or "f:uid" or "f:resourceVersion" or "f:managedFields" or "f:creationTimestamp" or "f:generation"
                or "f:deletionTimestamp");
    }
}
