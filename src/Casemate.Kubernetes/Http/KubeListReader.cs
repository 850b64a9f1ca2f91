using System.Text.Json;
using Casemate.Primitives.Json;

namespace Casemate.Kubernetes;

/// <summary>Reads a page of a list. Each item becomes a value of its own, so that keeping one does not keep the page.</summary>
internal static class KubeListReader
{
    public static KubeList Read(byte[] body, KubeResource resource)
    {
        if (!StrictJson.TryParse(body, out var document, out var error, KubeObject.MaxDepth + 2))
        {
            throw KubeObject.Malformed($"the list of {resource}: {error}");
        }

        using (document)
        {
            var root = document.RootElement;
            if (root.ValueKind is not JsonValueKind.Object || !root.TryGetProperty("metadata", out var metadata)
                || metadata.ValueKind is not JsonValueKind.Object)
            {
                throw KubeObject.Malformed($"the list of {resource} has no metadata");
            }

            var items = new List<KubeObject>();
            if (root.TryGetProperty("items", out var list) && list.ValueKind is JsonValueKind.Array)
            {
                foreach (var item in list.EnumerateArray())
                {
                    items.Add(new KubeObject(item.Clone()));
                }
            }
            else if (list.ValueKind is not (JsonValueKind.Null or JsonValueKind.Undefined))
            {
                throw KubeObject.Malformed($"the items of the list of {resource} are no list");
            }

            var next = KubeObject.Text(metadata, "continue");
            return new KubeList(items, KubeObject.Text(metadata, "resourceVersion"), next.Length > 0 ? next : null);
        }
    }
}
