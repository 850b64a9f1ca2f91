namespace Casemate.KataPolicy.Derivation;

/// <summary>What is asked for beyond the workload and the profile.</summary>
public sealed record DerivationOptions
{
    /// <summary>Nothing.</summary>
    public static DerivationOptions Default { get; } = new();

    /// <summary>Who must have signed every image of the pod; null when nobody must. Carried for the guest's image policy.</summary>
    public ImageSigner? Signer { get; init; }

    /// <summary>Images that are looked at side by side: 1 to 16.</summary>
    public int ParallelImages { get; init; } = 4;
}
