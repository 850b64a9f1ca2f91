using System.Text.Json;
using Casemate.Kubernetes;

namespace Casemate.Admission;

/// <summary>Rules about AKS-Engine models, and about versions of Kubernetes in descriptions of clusters.</summary>
internal static class GuideModel
{
    private const int Deepest = 12;

    private static readonly string[] s_blank = ["dnsPrefix", "keyData", "clientId", "secret"];

    private static readonly string[] s_versions = ["orchestratorVersion", "orchestratorRelease", "kubernetesVersion"];

    public static IEnumerable<LintFinding> Check(JsonElement document)
    {
        var isModel = LooseJson.Object(document, "properties") is { } properties
            && LooseJson.Members(properties).Any(member => Is(member.Name, "orchestratorProfile") || Is(member.Name, "masterProfile"));
        if (LooseJson.Text(document, "apiVersion") == "v1labs")
        {
            yield return GuideRules.Finding(GuideRule.GL01, "There is no model of version v1labs.") with
            {
                Path = "apiVersion",
                Edits = [new ManifestEdit(ManifestEditVerb.Set, "apiVersion", "\"vlabs\"")],
            };
        }

        if (LooseJson.Text(document, "kind") == "ConfidentialCluster" && LooseJson.Text(document, "spec", "kubernetes", "version") is { } wanted
            && IsTooOld(wanted))
        {
            yield return TooOld(wanted, "spec.kubernetes.version");
        }

        foreach (var finding in Members(document, "", isModel, 0))
        {
            yield return finding;
        }
    }

    /// <summary>Whether a version of Kubernetes is older than the oldest that somebody supports; false for what is none.</summary>
    public static bool IsTooOld(string version)
    {
        var parts = version.TrimStart('v').Split('.');
        return parts.Length >= 2 && parts[0] == "1" && parts[1].Length is 1 or 2 && int.TryParse(parts[1], out var minor)
            && minor < GuideRules.OldestMinor;
    }

    private static LintFinding TooOld(string version, string path) =>
        GuideRules.Finding(GuideRule.GL02, $"Kubernetes {version} is supported by nobody any more.") with { Path = path };

    private static IEnumerable<LintFinding> Members(JsonElement value, string path, bool isModel, int depth)
    {
        // Templates of Azure's resource manager name the version as well; objects of Kubernetes have no such member.
        if (depth > Deepest)
        {
            yield break;
        }

        if (value.ValueKind is JsonValueKind.Array)
        {
            var index = 0;
            foreach (var finding in value.EnumerateArray()
                .SelectMany(item => Members(item, PodPath.Item(path, index++), isModel, depth + 1)))
            {
                yield return finding;
            }
        }

        foreach (var member in LooseJson.Members(value))
        {
            var place = PodPath.Member(path, member.Name);
            if (LooseJson.Text(member.Value) is { } text)
            {
                if (isModel && text.Length == 0 && s_blank.Any(name => Is(member.Name, name)))
                {
                    yield return GuideRules.Finding(GuideRule.GL03, $"{member.Name} is blank.") with { Path = place };
                }
                else if (s_versions.Any(name => Is(member.Name, name)) && IsTooOld(text))
                {
                    yield return TooOld(text, place);
                }
            }
            else
            {
                foreach (var finding in Members(member.Value, place, isModel, depth + 1))
                {
                    yield return finding;
                }
            }
        }
    }

    // AKS-Engine reads names without regard to case.
    private static bool Is(string name, string known) => name.Equals(known, StringComparison.OrdinalIgnoreCase);
}
