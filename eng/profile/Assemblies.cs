using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Casemate.Profile;

/// <summary>The trimmed assemblies, and where the types are in them.</summary>
internal sealed class Assemblies
{
    private readonly Dictionary<string, List<DefinedType>> _types = new(StringComparer.Ordinal);

    public Assemblies(string directory)
    {
        foreach (var path in Directory.EnumerateFiles(directory, "*.dll").Order(StringComparer.Ordinal))
        {
            // Opened until the end of the process: the reader looks into the file's memory.
            var metadata = new PEReader(new MemoryStream(File.ReadAllBytes(path))).GetMetadataReader();
            var assembly = metadata.GetString(metadata.GetAssemblyDefinition().Name);
            foreach (var handle in metadata.TypeDefinitions)
            {
                var name = FullName(metadata, handle);
                if (!_types.TryGetValue(name, out var found))
                {
                    _types[name] = found = [];
                }

                found.Add(new DefinedType(assembly, metadata, handle));
            }
        }
    }

    /// <summary>All types of a name: internal ones may be in several assemblies.</summary>
    public IReadOnlyList<DefinedType> Find(string name) => _types.GetValueOrDefault(name) ?? [];

    private static string FullName(MetadataReader metadata, TypeDefinitionHandle handle)
    {
        var type = metadata.GetTypeDefinition(handle);
        var name = metadata.GetString(type.Name);
        return type.GetDeclaringType() is { IsNil: false } outer ? $"{FullName(metadata, outer)}+{name}"
            : type.Namespace.IsNil ? name : $"{metadata.GetString(type.Namespace)}.{name}";
    }
}
