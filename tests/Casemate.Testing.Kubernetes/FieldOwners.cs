using System.Text.Json.Nodes;

namespace Casemate.Testing.Kubernetes;

/// <summary>Who wrote which field of one object, as the server keeps it in <c>managedFields</c>.</summary>
internal sealed class FieldOwners
{
    private readonly Dictionary<string, HashSet<FieldOwner>> _owners = new(StringComparer.Ordinal);

    public FieldOwners Clone()
    {
        var copy = new FieldOwners();
        foreach (var (path, owners) in _owners)
        {
            copy._owners[path] = [.. owners];
        }

        return copy;
    }

    /// <summary>The managers of a field other than one.</summary>
    public IEnumerable<string> Others(string path, FieldOwner self) =>
        _owners.TryGetValue(path, out var owners) ? owners.Where(owner => owner != self).Select(owner => owner.Manager) : [];

    public IEnumerable<string> PathsOf(FieldOwner owner) =>
        [.. _owners.Where(entry => entry.Value.Contains(owner)).Select(entry => entry.Key)];

    /// <summary>A writer changed a field: it is the writer's alone now.</summary>
    public void Take(string path, FieldOwner owner) => _owners[path] = [owner];

    /// <summary>A manager applied a field; those who hold the same value keep it too.</summary>
    public void Share(string path, FieldOwner owner)
    {
        if (!_owners.TryGetValue(path, out var owners))
        {
            _owners[path] = owners = [];
        }

        owners.Add(owner);
    }

    /// <returns>True when nobody holds the field any more.</returns>
    public bool Release(string path, FieldOwner owner)
    {
        if (!_owners.TryGetValue(path, out var owners) || !owners.Remove(owner) || owners.Count > 0)
        {
            return false;
        }

        return _owners.Remove(path);
    }

    public void Forget(string path) => _owners.Remove(path);

    /// <summary>Forgets all owners that a list of entries does not name; the writer of that list stays.</summary>
    public void KeepNamed(JsonArray entries, FieldOwner writer)
    {
        var named = entries.OfType<JsonObject>().Where(entry => entry["manager"] is not null).Select(entry => new FieldOwner(
            entry["manager"]!.GetValue<string>(), entry["operation"]!.GetValue<string>(), entry["subresource"]?.GetValue<string>() ?? ""))
            .Append(writer).ToHashSet();
        foreach (var (path, owners) in _owners.ToList())
        {
            owners.RemoveWhere(owner => !named.Contains(owner));
            if (owners.Count == 0)
            {
                _owners.Remove(path);
            }
        }
    }

    public JsonArray Render()
    {
        var entries = new JsonArray();
        foreach (var owner in _owners.Values.SelectMany(owners => owners).Distinct()
            .OrderBy(owner => owner.ToString(), StringComparer.Ordinal))
        {
            var fields = new JsonObject();
            foreach (var path in PathsOf(owner).Order(StringComparer.Ordinal))
            {
                JsonObject at = fields;
                foreach (var part in path.Split(FieldPaths.Separator))
                {
                    at[part] ??= new JsonObject();
                    at = (JsonObject)at[part]!;
                }
            }

            var entry = new JsonObject
            {
                ["manager"] = owner.Manager,
                ["operation"] = owner.Operation,
                ["apiVersion"] = "v1",
                ["fieldsType"] = "FieldsV1",
                ["fieldsV1"] = fields,
            };
            if (owner.Subresource.Length > 0)
            {
                entry["subresource"] = owner.Subresource;
            }

            entries.Add(entry);
        }

        return entries;
    }
}
