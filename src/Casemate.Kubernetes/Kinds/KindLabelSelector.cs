namespace Casemate.Kubernetes;

/// <summary>Which labels. Source: meta/v1, <c>LabelSelector</c>. An empty one selects everything.</summary>
public sealed record KindLabelSelector
{
    /// <summary>Labels that must be there with these values.</summary>
    public IReadOnlyDictionary<string, string> MatchLabels
    {
        get;
        init => field = value ?? KindReader.Empty<string>();
    } = KindReader.Empty<string>();

    /// <summary>What else must hold, all of it.</summary>
    public IReadOnlyList<KindLabelRequirement> MatchExpressions { get; init => field = value ?? []; } = [];

    /// <summary>Whether labels are selected. An operator that is not known selects nothing.</summary>
    public bool Selects(IReadOnlyDictionary<string, string> labels)
    {
        ArgumentNullException.ThrowIfNull(labels);
        return MatchLabels.All(wanted => labels.TryGetValue(wanted.Key, out var value) && value == wanted.Value)
            && MatchExpressions.All(one => one.Operator switch
            {
                "In" => labels.TryGetValue(one.Key, out var value) && one.Values.Contains(value),
                "NotIn" => !labels.TryGetValue(one.Key, out var value) || !one.Values.Contains(value),
                "Exists" => labels.ContainsKey(one.Key),
                "DoesNotExist" => !labels.ContainsKey(one.Key),
                _ => false,
            });
    }
}
