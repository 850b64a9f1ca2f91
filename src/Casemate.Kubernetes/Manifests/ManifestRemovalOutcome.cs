namespace Casemate.Kubernetes;

/// <summary>What became of an object that was to be removed.</summary>
public enum ManifestRemovalOutcome
{
    /// <summary>The server refused, or could not be asked.</summary>
    Refused = 0,

    /// <summary>Its deletion has begun, and something still holds it.</summary>
    StillThere,

    /// <summary>It stays: it is not the installation's, was spared, or is still needed.</summary>
    Spared,

    /// <summary>It was there before the installation: it stays as it is, without the installation's label and mark.</summary>
    Released,

    /// <summary>It is deleted; of a dry run: it would be.</summary>
    Deleted,

    /// <summary>It was not there any more.</summary>
    WasGone,
}
