using System.Globalization;
using System.Text.Json;

namespace Casemate.Admission;

/// <summary>
/// Which nodes a pod may be placed on by its own word: <c>nodeName</c>, <c>nodeSelector</c> and required node affinity. Source: Kubernetes,
/// "Assigning Pods to Nodes".
/// </summary>
internal static class PodReach
{
    public static bool Includes(JsonElement spec, NodeOffer node)
    {
        if (PodShape.Text(spec, "nodeName") is { Length: > 0 } name && name != node.Name)
        {
            return false;
        }

        if (PodShape.Object(spec, "nodeSelector") is { } selector)
        {
            foreach (var member in selector.EnumerateObject())
            {
                if (!node.Labels.TryGetValue(member.Name, out var label) || label != PodShape.Text(member.Value))
                {
                    return false;
                }
            }
        }

        var required = PodShape.Object(PodShape.Object(PodShape.Object(spec, "affinity"), "nodeAffinity"),
            "requiredDuringSchedulingIgnoredDuringExecution");
        return required is null || PodShape.Items(required.Value, "nodeSelectorTerms").Any(term => Matches(term, node));
    }

    // An empty term matches no node.
    private static bool Matches(JsonElement term, NodeOffer node)
    {
        var expressions = PodShape.Items(term, "matchExpressions");
        var fields = PodShape.Items(term, "matchFields");
        return expressions.Count + fields.Count > 0
            && expressions.All(expression => Matches(
                expression, node.Labels.TryGetValue(PodShape.Text(expression, "key") ?? "", out var label) ? label : null))
            && fields.All(field => PodShape.Text(field, "key") == "metadata.name" && Matches(field, node.Name));
    }

    private static bool Matches(JsonElement expression, string? label)
    {
        var values = PodShape.Items(expression, "values").Select(PodShape.Text).ToList();
        return PodShape.Text(expression, "operator") switch
        {
            "In" => label is not null && values.Contains(label),
            "NotIn" => label is null || !values.Contains(label),
            "Exists" => label is not null,
            "DoesNotExist" => label is null,
            "Gt" => Compare(label, values) is > 0,
            "Lt" => Compare(label, values) is < 0,
            _ => false,
        };
    }

    private static int? Compare(string? label, List<string?> values) =>
        values.Count == 1 && long.TryParse(label, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var left)
            && long.TryParse(values[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var right)
            ? left.CompareTo(right) : null;
}
