namespace Casemate.KataPolicy.Manifests;

/// <summary>What an unknown field means where it stands.</summary>
internal enum UnknownFields
{
    /// <summary>It could change what the guest is asked to do, so no policy can be made of it.</summary>
    Refuse = 0,

    /// <summary>Whatever it is, it stays in the cluster: a warning.</summary>
    Warn,
}
