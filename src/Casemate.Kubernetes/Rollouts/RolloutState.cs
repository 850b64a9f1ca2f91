namespace Casemate.Kubernetes;

/// <summary>How far an object is with becoming what it shall be.</summary>
public enum RolloutState
{
    /// <summary>It is on its way; nothing says that it will not arrive.</summary>
    Progressing = 0,

    /// <summary>It is there.</summary>
    Complete,

    /// <summary>It will not arrive without a change.</summary>
    Failed,
}
