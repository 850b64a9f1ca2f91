using System.Reflection;
using Casemate.Node.Discovery;

namespace Casemate.Node.Machines;

/// <summary>A described machine that the program carries with it.</summary>
internal sealed class EmbeddedMachine(string name) : IMachineFiles
{
    private const string Prefix = "machines/";
    private static readonly Assembly Here = typeof(EmbeddedMachine).Assembly;

    private static readonly string[] Resources =
        [.. Here.GetManifestResourceNames().Where(path => path.StartsWith(Prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    public static IEnumerable<string> Names => Resources.Select(path => path[Prefix.Length..].Split('/')[0]).Distinct();

    public SystemFile Read(string path, int limit) => ReadResource($"{Prefix}{name}{path}", limit);

    public SystemFile ReadDescription(string file, int limit) => ReadResource($"{Prefix}{name}/{file}", limit);

    public IReadOnlyList<string> List(string path)
    {
        var inside = $"{Prefix}{name}{path}/";
        return [.. Resources.Where(resource => resource.StartsWith(inside, StringComparison.Ordinal))
            .Select(resource => resource[inside.Length..].Split('/')[0]).Distinct()];
    }

    public bool HasDirectory(string path) => List(path).Count > 0;

    private static SystemFile ReadResource(string resource, int limit)
    {
        using var content = Here.GetManifestResourceStream(resource);
        if (content is null)
        {
            return SystemFile.Absent;
        }

        var buffer = new byte[Math.Min(limit, content.Length)];
        content.ReadExactly(buffer);
        return new SystemFile(SystemFileState.Read, buffer, content.Length > limit, "");
    }
}
