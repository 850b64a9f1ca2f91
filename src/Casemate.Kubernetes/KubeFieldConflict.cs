namespace Casemate.Kubernetes;

/// <summary>A field that an apply would have changed and another manager owns.</summary>
/// <param name="Field">The field's path, such as <c>.spec.replicas</c>.</param>
/// <param name="Manager">Who owns it, such as <c>kubectl</c>; empty when the server did not say.</param>
public sealed record KubeFieldConflict(string Field, string Manager)
{
    // The message reads: conflict with "kubectl" using apps/v1.
    internal static KubeFieldConflict Of(KubeCause cause)
    {
        var parts = cause.Message.Split('"', 3);
        return new KubeFieldConflict(cause.Field, parts.Length == 3 ? parts[1] : "");
    }

    /// <inheritdoc/>
    public override string ToString() => Manager.Length > 0 ? $"{Field} (owned by {Manager})" : Field;
}
