namespace Casemate.KataPolicy.Manifests;

/// <summary>What may differ between a document and its rewritten form: exactly this, and nothing else.</summary>
internal sealed class ExpectedChange
{
    private readonly Dictionary<string, string> _set = new(StringComparer.Ordinal);
    private readonly HashSet<string> _removed = new(StringComparer.Ordinal);
    private readonly HashSet<string> _ancestors = new(StringComparer.Ordinal);

    public void Set(string owner, string key, string value)
    {
        _set[ManifestPath.Member(owner, key)] = value;
        AddAncestors(owner);
    }

    public void Remove(string owner, string key)
    {
        _removed.Add(ManifestPath.Member(owner, key));
        AddAncestors(owner);
    }

    /// <summary>The first path at which two documents differ beyond what was expected; null when there is none.</summary>
    /// <param name="before">The value before, or null.</param>
    /// <param name="after">The value after, or null.</param>
    /// <param name="path">Where they stand; null where nothing was expected to change any more.</param>
    public string? Difference(ManifestNode? before, ManifestNode? after, string? path)
    {
        if (path is not null && _set.TryGetValue(path, out var value))
        {
            return after?.Resolved is { Kind: ManifestNodeKind.Scalar, ScalarType: ScalarType.Text } scalar && scalar.Text == value ? null : path;
        }

        if (path is not null && _removed.Contains(path))
        {
            return after is null ? null : path;
        }

        var (left, right) = (before?.Resolved, after?.Resolved);
        if (path is not null && _ancestors.Contains(path) && (left is null || left.IsNull))
        {
            return right?.Kind is ManifestNodeKind.Mapping ? Members([], right.EffectiveMembers, path) : path;
        }

        if (left is null || right is null || left.Kind != right.Kind)
        {
            return ReferenceEquals(left, right) ? null : path ?? "?";
        }

        return left.Kind switch
        {
            ManifestNodeKind.Mapping => Members(left.EffectiveMembers, right.EffectiveMembers, path),
            ManifestNodeKind.Sequence => Items(left.Items, right.Items, path),
            _ => left.Text == right.Text && left.ScalarType == right.ScalarType && left.Tag == right.Tag ? null : path ?? "?",
        };
    }

    private string? Items(List<ManifestNode> left, List<ManifestNode> right, string? path)
    {
        if (left.Count != right.Count)
        {
            return path ?? "?";
        }

        for (var i = 0; i < left.Count; i++)
        {
            var below = Below(path is null ? null : ManifestPath.Item(path, i));
            if (Difference(left[i], right[i], below) is { } difference)
            {
                return difference;
            }
        }

        return null;
    }

    private string? Members(
        IReadOnlyList<(ManifestNode Key, ManifestNode Value)> left, IReadOnlyList<(ManifestNode Key, ManifestNode Value)> right, string? path)
    {
        var before = left.ToDictionary(member => member.Key.Text, member => member.Value, StringComparer.Ordinal);
        var after = right.ToDictionary(member => member.Key.Text, member => member.Value, StringComparer.Ordinal);
        var isAncestor = path is not null && _ancestors.Contains(path);
        if (!isAncestor && before.Count != after.Count)
        {
            return path ?? "?";
        }

        foreach (var key in before.Keys.Union(after.Keys, StringComparer.Ordinal))
        {
            var below = Below(path is null ? null : ManifestPath.Member(path, key));
            if (Difference(before.GetValueOrDefault(key), after.GetValueOrDefault(key), below) is { } difference)
            {
                return difference;
            }
        }

        return null;
    }

    // A path is followed only while something was expected to change there or below.
    private string? Below(string? path) =>
        path is not null && (_ancestors.Contains(path) || _set.ContainsKey(path) || _removed.Contains(path)) ? path : null;

    private void AddAncestors(string path)
    {
        _ancestors.Add("");
        for (var at = 0; at < path.Length; at++)
        {
            if (path[at] is '.' or '[')
            {
                _ancestors.Add(path[..at]);
            }
        }

        _ancestors.Add(path);
    }
}
