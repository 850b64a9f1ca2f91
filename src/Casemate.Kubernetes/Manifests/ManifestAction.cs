namespace Casemate.Kubernetes;

/// <summary>What applying an object does, or would do.</summary>
public enum ManifestAction
{
    /// <summary>It cannot be done: the server refuses it.</summary>
    Refuse = 0,

    /// <summary>It cannot be done without force: other managers own fields that would change.</summary>
    Conflict,

    /// <summary>The object is made.</summary>
    Create,

    /// <summary>Fields of an object that is there are changed.</summary>
    Change,

    /// <summary>Nothing changes.</summary>
    Keep,
}
