namespace Casemate.KataPolicy.Pods;

/// <summary>What a volume holds: one of the records named <c>…Volume</c> beside this one. Closed.</summary>
public abstract record VolumeSource
{
    private protected VolumeSource()
    {
    }
}
