namespace Casemate.Kubernetes;

/// <summary>
/// How it is remembered which objects belong to an installation: each carries a label, and a ConfigMap lists them. The list is written
/// before the objects are made, so that an installation that stopped half-way can be removed.
/// </summary>
/// <param name="Namespace">Where the ConfigMap is; it must exist, or be among the objects.</param>
/// <param name="Name">The ConfigMap's name, and the label's value.</param>
public sealed record ManifestInventory(string Namespace, string Name)
{
    /// <summary>
    /// On objects that were there before: they are let go as they are, and not deleted. The value is <c>true</c>.
    /// </summary>
    public const string AdoptedAnnotation = "casemate.dev/adopted";

    /// <summary>The label's key. Default <c>casemate.dev/inventory</c>.</summary>
    public string LabelKey { get; init; } = "casemate.dev/inventory";

    /// <summary>Selects the objects in lists.</summary>
    public string Selector => $"{LabelKey}={Name}";

    /// <summary>Whether an object carries the label.</summary>
    public bool Owns(KubeObject value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return value.Labels.GetValueOrDefault(LabelKey) == Name;
    }
}
