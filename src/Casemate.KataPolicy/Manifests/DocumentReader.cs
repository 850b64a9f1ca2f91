using Casemate.KataPolicy.Pods;

namespace Casemate.KataPolicy.Manifests;

/// <summary>Sorts the objects of a file: workloads, inputs, and what passes through.</summary>
internal sealed class DocumentReader(ReadScope scope, ManifestOptions options)
{
    private const int MaxListDepth = 8;

    public List<Workload> Workloads { get; } = [];

    public List<ConfigMapData> ConfigMaps { get; } = [];

    public List<SecretData> Secrets { get; } = [];

    public int PassedThrough { get; private set; }

    public void Read(ManifestNode root, int document) => ReadObject(root, "", document, 0);

    private void ReadObject(ManifestNode value, string path, int document, int depth)
    {
        var node = value.Resolved;
        if (node.Kind is not ManifestNodeKind.Mapping)
        {
            scope.Error(value, path, "this is no Kubernetes object", "Objects have apiVersion and kind.");
            return;
        }

        var (apiVersion, kind) = (Word(node, "apiVersion"), Word(node, "kind"));
        if (apiVersion is null || kind is null)
        {
            scope.Error(value, path, "the object has no apiVersion or no kind", "Write both, as text.");
        }
        else if (kind is "List" && apiVersion is "v1")
        {
            ReadList(value, path, document, depth);
        }
        else if (WorkloadKind.Find(apiVersion, kind) is { } workload)
        {
            ReadWorkload(value, path, document, workload);
        }
        else
        {
            ReadOther(value, path, apiVersion, kind);
        }
    }

    private void ReadList(ManifestNode value, string path, int document, int depth)
    {
        if (depth == MaxListDepth)
        {
            scope.Error(value, path, $"Lists stand in Lists more than {MaxListDepth} deep", "Flatten them.");
            return;
        }

        var items = FieldSet.Of(scope, value, path, value).Items("items");
        foreach (var (item, at) in items)
        {
            ReadObject(item, at, document, depth + 1);
        }
    }

    private void ReadWorkload(ManifestNode value, string path, int document, WorkloadKind kind)
    {
        var prefix = path.Length == 0 ? "" : path + ".";
        var spec = kind.TemplatePath.Length == 0 ? "spec" : kind.TemplatePath + ".spec";
        var runtimeClass = ManifestPath.Find(value, spec + ".runtimeClassName")?.Resolved.Text ?? "";
        if (ManifestPath.Find(value, spec + ".os.name")?.Resolved.Text is "windows")
        {
            scope.Add(PolicyFinding.Note(prefix + spec + ".os.name", "a Windows pod runs in no Kata guest; it passes through") with
            {
                Location = scope.Locate(value),
            });
            PassedThrough++;
        }
        else if (options.RuntimeClassNames.IsEmpty
            || options.RuntimeClassNames.Any(wanted => runtimeClass.StartsWith(wanted, StringComparison.Ordinal)))
        {
            Workloads.Add(WorkloadReader.Read(scope, value, path, kind, document));
        }
        else
        {
            PassedThrough++;
        }
    }

    private void ReadOther(ManifestNode value, string path, string apiVersion, string kind)
    {
        switch (kind)
        {
            case "ConfigMap" when apiVersion is "v1":
                if (InputReader.ReadConfigMap(scope, value, path) is { } map)
                {
                    ConfigMaps.Add(map);
                }

                break;
            case "Secret" when apiVersion is "v1":
                if (InputReader.ReadSecret(scope, value, path) is { } secret)
                {
                    Secrets.Add(secret);
                }

                break;
            default:
                PassedThrough++;
                if (ManifestPath.Find(value, "spec.template.spec.containers") is { Resolved.Kind: ManifestNodeKind.Sequence })
                {
                    scope.Warning(
                        value, path, $"{ShownText.Of(kind)} ({ShownText.Of(apiVersion)}) has a pod template, but how it makes pods is not "
                            + "known here; it passes through without a policy",
                        "Make the policy from a Pod or Deployment with the same template, and put the annotation into this template.");
                }

                break;
        }
    }

    private static string? Word(ManifestNode node, string name) =>
        node.Find(name)?.Value.Resolved is { Kind: ManifestNodeKind.Scalar, ScalarType: ScalarType.Text } scalar ? scalar.Text : null;
}
