namespace Casemate.Addon.Manifests;

/// <summary>The manifests as a tree for <c>kubectl apply -k</c>: what never differs in bases, the rest in overlays.</summary>
internal static class KustomizeTree
{
    /// <summary>All files, in the order of their paths.</summary>
    public static IReadOnlyList<ManifestFile> Files() =>
    [
        .. Enum.GetValues<AddonOverlay>().SelectMany(Overlay)
            .Concat(Base("node", NodeManifests.Base))
            .Concat(Base("dra", DraManifests.Base))
            .Concat(Base("webhook", [.. WebhookManifests.Base, .. WebhookManifests.Configurations]))
            .Concat(QuoteHelper("components/quote-helper", AddonOverlay.Generic))
            .Concat(QuoteHelper("components/quote-helper-dra", AddonOverlay.Dra))
            .OrderBy(file => file.Path, StringComparer.Ordinal),
    ];

    private static IEnumerable<ManifestFile> Base(string name, IReadOnlyList<ManifestFile> files) =>
    [
        Kustomization($"bases/{name}", "", files.Select(NameOf)),
        .. files.Select(file => new ManifestFile($"bases/{name}/{NameOf(file)}", file.Text)),
    ];

    private static IEnumerable<ManifestFile> Overlay(AddonOverlay overlay)
    {
        var options = new AddonOptions { Overlay = overlay };
        var (directory, dra) = ($"overlays/{AddonManifests.NameOf(overlay)}", overlay is AddonOverlay.Dra);
        var own = AddonManifests.Of(options)
            .Where(file => !NodeManifests.Base.Contains(file) && !DraManifests.Base.Contains(file)
                && !WebhookManifests.Base.Contains(file) && !WebhookManifests.Configurations.Contains(file))
            .Select(file => new ManifestFile($"{directory}/{file.Path.Replace('/', '-')}", file.Text)).ToList();
        const string How = "# kubectl apply -k . after: kustomize edit set image casemate=registry.example/casemate@sha256:...\n";
        return
        [
            Kustomization(
                directory, How,
                ["../../bases/node", "../../bases/webhook", .. dra ? ["../../bases/dra"] : (string[])[], .. own.Select(NameOf)]),
            .. own,
        ];
    }

    // Real quotes, one component for devices of the device plugin and one for claims: new lines of the agent's lists go to their ends, so
    // that one patch serves all overlays.
    private static IEnumerable<ManifestFile> QuoteHelper(string component, AddonOverlay overlay)
    {
        var files = QuoteHelperManifests.Of(new AddonOptions { Overlay = overlay });
        var text = $"""
            # In an overlay of your own:
            #   resources: [../{AddonManifests.NameOf(overlay)}]
            #   components: [../../{component}]
            # The helper's image is the program with Intel's quoting libraries.
            apiVersion: kustomize.config.k8s.io/v1alpha1
            kind: Component
            resources:
            {Yaml.Block(0, files.Select(file => $"- {NameOf(file)}"))}patches:
            - target:
                kind: DaemonSet
                name: casemate-node
              patch: |-
            {Yaml.Block(4, NodeDaemonSet.QuoteArguments.Select(argument => Added("args", $" {Quoted(argument)}")))}{Yaml.Block(
                4, NodeDaemonSet.QuoteMounts.Select(mount => Added("volumeMounts", Entry(mount.Mount))))}{Yaml.Block(
                4, NodeDaemonSet.QuoteMounts.Select(mount => Added("volumes", Entry(mount.Volume))))}
            """;
        return
        [
            new ManifestFile($"{component}/kustomization.yaml", text),
            .. files.Select(file => new ManifestFile($"{component}/{NameOf(file)}", file.Text)),
        ];
    }

    private static string Added(string list, string value) =>
        $"- op: add\n  path: /spec/template/spec/{(list == "volumes" ? list : $"containers/0/{list}")}/-\n  value:{value}";

    // "- name: x\n  mountPath: y" as a map below its key.
    private static string Entry(string item) =>
        "\n" + string.Join('\n', item.Split('\n').Select(line => $"  {line}".Replace("  - ", "    ", StringComparison.Ordinal)));

    private static string Quoted(string argument) => $"\"{argument}\"";

    private static ManifestFile Kustomization(string directory, string comment, IEnumerable<string> resources) => new(
        $"{directory}/kustomization.yaml",
        $"{comment}apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n"
        + Yaml.Block(0, resources.Select(one => $"- {one}")));

    private static string NameOf(ManifestFile file) => file.Path[(file.Path.LastIndexOf('/') + 1)..];
}
