namespace Casemate.KataPolicy.Layers;

/// <summary>Paths of a layer's entries, taken apart.</summary>
internal static class LayerPath
{
    public const string Whiteout = ".wh.";

    public const string Opaque = ".wh..wh..opq";

    /// <summary>
    /// Takes a path apart: empty names and "." say nothing, ".." goes one up.
    /// </summary>
    /// <returns>The names from the root on, none for the root itself; null when the path climbs above the root.</returns>
    public static List<string>? Split(string path)
    {
        var names = new List<string>();
        foreach (var name in path.Split('/'))
        {
            switch (name)
            {
                case "" or ".":
                    break;
                case "..":
                    if (names.Count == 0)
                    {
                        return null;
                    }

                    names.RemoveAt(names.Count - 1);
                    break;
                default:
                    names.Add(name);
                    break;
            }
        }

        return names;
    }

    /// <summary>Takes a path apart as <see cref="Split"/> does, except that above the root there is the root.</summary>
    public static List<string> Clean(string path)
    {
        var names = new List<string>();
        foreach (var name in path.Split('/'))
        {
            if (name == "..")
            {
                names.RemoveRange(Math.Max(0, names.Count - 1), Math.Min(1, names.Count));
            }
            else if (name is not ("" or "."))
            {
                names.Add(name);
            }
        }

        return names;
    }
}
