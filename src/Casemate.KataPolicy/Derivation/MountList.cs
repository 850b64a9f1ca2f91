namespace Casemate.KataPolicy.Derivation;

/// <summary>Mounts in order, one for each destination.</summary>
internal sealed class MountList
{
    private readonly List<MountPolicy> _mounts = [];

    public IReadOnlyList<MountPolicy> Mounts => _mounts;

    /// <summary>The mount at a destination; two spellings of one path are one destination.</summary>
    public MountPolicy? Find(string destination) => _mounts.Find(mount => Clean(mount.Destination) == Clean(destination));

    public void Add(MountPolicy mount) => _mounts.Add(mount);

    /// <summary>Puts a mount in the place of the one at its destination, or at the end.</summary>
    public void Put(MountPolicy mount)
    {
        var at = _mounts.FindIndex(other => Clean(other.Destination) == Clean(mount.Destination));
        if (at < 0)
        {
            _mounts.Add(mount);
        }
        else
        {
            _mounts[at] = mount;
        }
    }

    public void Remove(string destination) => _mounts.RemoveAll(mount => Clean(mount.Destination) == Clean(destination));

    /// <summary>The path with one slash between components, none at the end, and '.' and '..' taken as they mean.</summary>
    public static string Clean(string path)
    {
        var parts = new List<string>();
        foreach (var part in path.Split('/'))
        {
            if (part is "..")
            {
                if (parts.Count > 0)
                {
                    parts.RemoveAt(parts.Count - 1);
                }
            }
            else if (part is not ("" or "."))
            {
                parts.Add(part);
            }
        }

        return "/" + string.Join('/', parts);
    }

    /// <summary>The last component of a path; empty for the root.</summary>
    public static string BaseName(string path)
    {
        var clean = Clean(path);
        return clean[(clean.LastIndexOf('/') + 1)..];
    }
}
