using System.Text.Json;

namespace Casemate.Admission;

/// <summary>The rule about Nodes that are described by hand.</summary>
internal static class GuideNode
{
    public static IEnumerable<LintFinding> Check(JsonElement document)
    {
        if (LooseJson.Text(document, "apiVersion") != "v1" || LooseJson.Text(document, "kind") != "Node")
        {
            yield break;
        }

        foreach (var label in LooseJson.Members(LooseJson.Get(document, "metadata", "labels")).Where(label => IsOurs(label.Name)))
        {
            yield return Finding("label", label.Name, PodPath.Member("metadata.labels", label.Name));
        }

        foreach (var (taint, index) in LooseJson.Items(LooseJson.Get(document, "spec"), "taints"))
        {
            if (LooseJson.Text(taint, "key") is { } key && IsOurs(key))
            {
                yield return Finding("taint", key, PodPath.Item("spec.taints", index));
            }
        }
    }

    private static LintFinding Finding(string what, string name, string path) =>
        GuideRules.Finding(GuideRule.GL17, $"The {what} {PodReview.Shown(name)} is put on a node by hand, and a node that replaces it lacks it.") with { Path = path };

    private static bool IsOurs(string name) => name == "tee" || PodReview.LooksLikeSgx(name);
}
