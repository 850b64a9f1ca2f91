using YamlDotNet.RepresentationModel;

namespace Casemate.Addon.Tests;

/// <summary>The documents of YAML text.</summary>
internal static class Documents
{
    public static IReadOnlyList<YamlMappingNode> Of(string text)
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(text));
        return [.. yaml.Documents.Select(document => (YamlMappingNode)document.RootNode)];
    }

    public static string Key(YamlMappingNode document) =>
        $"{Text(document, "kind")} {(Has(document["metadata"], "namespace") ? Text(document, "metadata", "namespace") : "")}/{Text(document, "metadata", "name")}";

    public static string Text(YamlNode node, params string[] path) => ((YamlScalarNode)At(node, path)).Value!;

    public static YamlNode At(YamlNode node, params string[] path) => path.Aggregate(node, (at, name) => at[name]);

    public static bool Has(YamlNode node, string key) => ((YamlMappingNode)node).Children.ContainsKey(key);

    public static IReadOnlyList<YamlNode> List(YamlNode node, params string[] path) => [.. (YamlSequenceNode)At(node, path)];

    /// <summary>One spelling for what means the same: keys in order, no comments, no styles.</summary>
    public static string Canonical(YamlNode node) => node switch
    {
        YamlMappingNode map => "{" + string.Join(
            ",", map.Children.OrderBy(pair => ((YamlScalarNode)pair.Key).Value, StringComparer.Ordinal)
                .Select(pair => $"{((YamlScalarNode)pair.Key).Value}:{Canonical(pair.Value)}")) + "}",
        YamlSequenceNode list => "[" + string.Join(",", list.Select(Canonical)) + "]",
        YamlScalarNode scalar => $"'{scalar.Value}'",
        _ => throw new NotSupportedException(node.NodeType.ToString()),
    };
}
