using Casemate.Testing;
using YamlDotNet.RepresentationModel;

namespace Casemate.Node.Tests.Cluster;

/// <summary>Documents of the repository's manifests.</summary>
internal static class Manifest
{
    public static IReadOnlyList<YamlMappingNode> Load(string file)
    {
        var yaml = new YamlStream();
        using var reader = new StreamReader(Path.Combine(RepositoryPaths.Root, file));
        yaml.Load(reader);
        return [.. yaml.Documents.Select(document => (YamlMappingNode)document.RootNode)];
    }

    public static YamlMappingNode Only(IEnumerable<YamlMappingNode> documents, string kind) =>
        Assert.Single(documents, document => Text(document, "kind") == kind);

    public static string Text(YamlNode node, params string[] path) => ((YamlScalarNode)At(node, path)).Value!;

    public static YamlNode At(YamlNode node, params string[] path) => path.Aggregate(node, (at, name) => at[name]);

    public static IReadOnlyList<YamlNode> List(YamlNode node, params string[] path) => [.. (YamlSequenceNode)At(node, path)];

    public static IReadOnlyList<string> Words(YamlNode node, params string[] path) =>
        [.. List(node, path).Select(item => ((YamlScalarNode)item).Value!)];
}
