namespace Casemate.Node.Advertisement;

/// <summary>A label of the node.</summary>
/// <param name="Key">The label's key.</param>
/// <param name="Value">Its value, a valid label value.</param>
public sealed record PlannedLabel(string Key, string Value);
