namespace Casemate.KataPolicy.Settings;

/// <summary>How the pause container gets its groups: <c>cluster_config.pause_container_id_policy</c> of the settings.</summary>
public enum PauseUserRule
{
    /// <summary>The group of the settings or the image is among the additional groups (<c>v1</c>: pause images that name a user).</summary>
    GroupIsAdditional = 0,
    /// <summary>Only a group that the pod chooses is among them (<c>v2</c>: pause images that name none).</summary>
    OnlyChosenGroups,
}
