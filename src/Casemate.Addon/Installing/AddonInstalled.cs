namespace Casemate.Addon;

/// <summary>What of the add-on is in a cluster.</summary>
/// <param name="Options">What it is made of; null when nothing tells, as after an installation that stopped at its beginning.</param>
/// <param name="IsListed">True when it was installed by this program, which keeps a list of what it makes.</param>
/// <param name="IsThere">True when the node agent's DaemonSet is there, whoever made it.</param>
public sealed record AddonInstalled(AddonOptions? Options, bool IsListed, bool IsThere)
{
    /// <summary>True for one that somebody else's program made, such as <c>kubectl apply</c>.</summary>
    public bool IsByHand => IsThere && !IsListed;
}
