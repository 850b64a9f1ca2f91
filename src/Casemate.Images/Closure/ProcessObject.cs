using Casemate.Images.Roots;
using Casemate.Measurement.Elf;

namespace Casemate.Images.Closure;

/// <summary>A program or library in one process.</summary>
internal sealed class ProcessObject(string name, string requestedAs, RootLocation location, ElfFile elf, ElfDynamic? dynamic, ProcessObject? loader)
{
    /// <summary>The path that it was found by.</summary>
    public string Name { get; } = name;

    /// <summary>The name that asked for it first.</summary>
    public string RequestedAs { get; } = requestedAs;

    /// <summary>Where it is.</summary>
    public RootLocation Location { get; } = location;

    /// <summary>Its path in the root.</summary>
    public string Path => Location.Path;

    /// <summary>The file.</summary>
    public ElfFile Elf { get; } = elf;

    /// <summary>Its dynamic segment; null for a static program.</summary>
    public ElfDynamic? Dynamic { get; } = dynamic;

    /// <summary>The object that it was loaded for first; null for the program and its loader.</summary>
    public ProcessObject? Loader { get; } = loader;

    /// <summary>What <c>$ORIGIN</c> stands for: the program's directory without links, a library's as it was found.</summary>
    public string Origin { get; } = DirectoryOf(loader is null ? location.Path : name);

    /// <summary>The names of versions by the numbers that symbols refer to them by, needed and defined.</summary>
    public Dictionary<int, string> VersionNames { get; } = ReadVersionNames(dynamic);

    private static Dictionary<int, string> ReadVersionNames(ElfDynamic? dynamic)
    {
        var names = new Dictionary<int, string>();
        foreach (var version in dynamic is null ? [] : dynamic.VersionNeeds.SelectMany(need => need.Versions))
        {
            names.TryAdd(version.Index, version.Name);
        }

        foreach (var definition in dynamic is null ? [] : dynamic.VersionDefinitions)
        {
            names.TryAdd(definition.Index, definition.Name);
        }

        return names;
    }

    private static string DirectoryOf(string path) => path.LastIndexOf('/') is > 0 and var slash ? path[..slash] : "/";
}
