namespace Casemate.Kubernetes;

/// <summary>What became of one object that was to be removed.</summary>
/// <param name="Resource">Its kind.</param>
/// <param name="Namespace">Its namespace; null when it has none.</param>
/// <param name="Name">Its name; <c>*</c> when the kind as a whole could not be searched.</param>
/// <param name="Outcome">What became of it.</param>
/// <param name="Message">Why; empty when there is nothing to say.</param>
public sealed record ManifestRemoval(
    KubeResource Resource, string? Namespace, string Name, ManifestRemovalOutcome Outcome, string Message = "")
{
    /// <summary>True when something is left to do.</summary>
    public bool IsUnfinished => Outcome is ManifestRemovalOutcome.Refused or ManifestRemovalOutcome.StillThere;

    /// <inheritdoc/>
    public override string ToString() =>
        $"{Outcome} {Resource.Kind} {(Namespace is null ? "" : $"{Namespace}/")}{Name}{(Message.Length > 0 ? $": {Message}" : "")}";
}
