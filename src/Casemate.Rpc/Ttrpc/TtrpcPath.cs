namespace Casemate.Rpc.Ttrpc;

/// <summary>The path of a method; ttrpc sends its two parts by themselves.</summary>
internal static class TtrpcPath
{
    /// <summary>Takes a path apart.</summary>
    /// <exception cref="ArgumentException">It is no path.</exception>
    public static (string Service, string Method) Split(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var slash = path.LastIndexOf('/');
        return path[0] == '/' && slash > 1 && slash < path.Length - 1 && path.IndexOf('/', 1) == slash
            ? (path[1..slash], path[(slash + 1)..])
            : throw new ArgumentException($"'{path}' is no path of a method: write /package.Service/Method.", nameof(path));
    }
}
