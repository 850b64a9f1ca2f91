namespace Casemate.Node.Advertisement;

/// <summary>A taint of the node.</summary>
/// <param name="Key">The taint's key.</param>
/// <param name="Value">Its value; may be empty.</param>
/// <param name="Effect">Its effect, <c>NoSchedule</c>.</param>
public sealed record PlannedTaint(string Key, string Value, string Effect)
{
    /// <inheritdoc/>
    public override string ToString() => Value.Length == 0 ? $"{Key}:{Effect}" : $"{Key}={Value}:{Effect}";
}
